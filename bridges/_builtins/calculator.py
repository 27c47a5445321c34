"""Arithmetic on text, by an expression library and within bounds: no names, no calls but maths."""

from __future__ import annotations

import ast
import math
import operator
from typing import Any

from bridges._errors import InvalidArgument

MAX_LENGTH = 1000
MAX_BITS = 4096
"""Length of the expression in characters, and of the largest integer in bits."""

FUNCTIONS = {
    name: getattr(math, name)
    for name in (
        "acos asin atan atan2 ceil cos cosh degrees exp floor hypot log log10 log2 radians sin "
        "sinh sqrt tan tanh trunc gcd"
    ).split()
} | {"abs": abs, "max": max, "min": min, "ln": math.log}
NAMES = {"pi": math.pi, "e": math.e, "tau": math.tau}


def calculate(expression: str) -> int | float | bool:
    """Returns the value of an expression; raises InvalidArgument."""
    import simpleeval

    if len(expression) > MAX_LENGTH:
        raise InvalidArgument(f"an expression has at most {MAX_LENGTH} characters")
    engine = simpleeval.SimpleEval(
        operators=_operators(simpleeval.DEFAULT_OPERATORS), functions=_functions(), names=NAMES
    )
    # Methods of numbers and texts, and formatting, make values of any size.
    for kind in (ast.Attribute, ast.Subscript, ast.JoinedStr, ast.FormattedValue):
        engine.nodes.pop(kind, None)
    try:
        # Parsed here, so that statements are errors and not warnings of the library's.
        parsed = ast.parse(expression.strip().replace("^", "**"), mode="eval")
        value = engine.eval(expression, previously_parsed=parsed.body)
    except ZeroDivisionError:
        raise InvalidArgument("the expression divides by zero") from None
    except (RecursionError, MemoryError):
        raise InvalidArgument("the expression is nested too deeply") from None
    except (
        simpleeval.InvalidExpression,
        simpleeval.TypeNotSpecified,
        ArithmeticError,
        SyntaxError,
        TypeError,
        ValueError,
        KeyError,
        AttributeError,
    ) as error:
        raise InvalidArgument(
            f"{expression!r} cannot be calculated: {_reason(error)}",
            hint=f"operators + - * / // % ** and {', '.join(sorted(_functions()))}",
        ) from None
    if isinstance(value, complex) or not isinstance(value, (int, float)):
        raise InvalidArgument(f"{expression!r} is no arithmetic")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidArgument(f"the value of {expression!r} is not finite")
    return value


def _reason(error: Exception) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error)


def _operators(defaults: dict[Any, Any]) -> dict[Any, Any]:
    arithmetic = (
        ast.Add, ast.Sub, ast.Div, ast.FloorDiv, ast.USub, ast.UAdd,
        ast.Eq, ast.NotEq, ast.Gt, ast.Lt, ast.GtE, ast.LtE, ast.Not,
    )  # fmt: skip
    found: dict[Any, Any] = {
        kind: _numeric(defaults[kind]) for kind in arithmetic if kind in defaults
    }
    found[ast.Mod] = _numeric(operator.mod)
    found[ast.Mult] = _numeric(_multiply)
    found[ast.Pow] = _numeric(_power)
    return found


def _functions() -> dict[str, Any]:
    return {**FUNCTIONS, "factorial": _factorial, "comb": _comb, "round": _round}


def _numeric(function: Any) -> Any:
    def run(*values: Any) -> Any:
        if not all(isinstance(value, (int, float)) for value in values):
            raise TypeError("it has values that are not numbers")
        return function(*values)

    return run


def _multiply(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int) and a.bit_length() + b.bit_length() > MAX_BITS:
        raise ValueError("the number is too large")
    return a * b


def _power(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int) and a.bit_length() * abs(b) > MAX_BITS:
        raise ValueError("the number is too large")
    return a**b


def _factorial(n: int) -> int:
    if n > 400:
        raise ValueError("the number is too large")
    return math.factorial(n)


def _comb(n: int, k: int) -> int:
    if n > MAX_BITS:
        raise ValueError("the number is too large")
    return math.comb(n, k)


def _round(value: float, digits: int = 0) -> float:
    if abs(digits) > 300:
        raise ValueError("there are at most 300 digits to round to")
    return round(value, digits) if digits else round(value)
