"""Checks values against JSON Schemas in bounded time, and says in words what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import cache
from typing import Any

import jsonschema
from jsonschema import validators
from referencing import Registry
from referencing.exceptions import Unresolvable

from bridges._errors import LimitExceeded
from bridges._expressions import Expression
from bridges._names import nearest

MAX_STEPS = 100_000
"""Keywords applied in one check; about a second."""
WORK_OF_A_STEP = 2_000
"""Of patterns, as `Expression.work` has it."""
MAX_SENTENCES = 5

_WORDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
    "null": "null",
}
_steps: ContextVar[list[int]] = ContextVar("steps")


def meta_problem(schema: dict[str, Any]) -> str | None:
    """Returns what makes a schema invalid, or None."""
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        path = ".".join(str(part) for part in error.absolute_path)
        return _clip(f"{path}: {error.message}" if path else error.message)
    return None


def checker(schema: dict[str, Any]) -> Callable[[Any], list[str]]:
    """Returns a function that says what is wrong with a value.

    It raises LimitExceeded when the check is too much work.
    """
    validator = _made(schema)
    return lambda value: [_sentence(error) for error in _errors(validator, value)]


def faults(schema: dict[str, Any], value: Any) -> list[tuple[list[str | int], str]]:
    """Returns where a value does not fit and which keyword says so, without the value itself."""
    return [
        (list(error.absolute_path), str(error.validator)) for error in _errors(_made(schema), value)
    ]


def _made(schema: dict[str, Any]) -> Any:
    return _validator()(schema, registry=Registry())


def _errors(validator: Any, value: Any) -> list[Any]:
    token = _steps.set([0])
    try:
        found = sorted(validator.iter_errors(value), key=lambda error: list(map(str, error.path)))
    except RecursionError:
        raise LimitExceeded("the schema refers to itself without end") from None
    except Unresolvable as error:
        raise LimitExceeded(f"the schema refers to nothing with {error.ref!r}") from None
    finally:
        _steps.reset(token)
    return found[:MAX_SENTENCES]


@cache
def _validator() -> Any:
    rules = dict(jsonschema.Draft202012Validator.VALIDATORS)
    rules["pattern"] = _pattern
    rules["uniqueItems"] = _unique
    counted = {keyword: _counted(rule) for keyword, rule in rules.items()}
    extend: Any = validators.extend
    return extend(jsonschema.Draft202012Validator, counted)


def _counted(rule: Callable[..., Any]) -> Callable[..., Any]:
    def apply(validator: Any, setting: Any, instance: Any, schema: Any) -> Iterator[Any]:
        # Some keywords compare with every choice or look at every part: lists count by length.
        _count(1 + (_length(setting) + _length(instance)) // 10)
        for error in rule(validator, setting, instance, schema) or ():
            # A message quotes the value: thousands of them quoting a large one are work as well.
            _steps.get()[0] += len(error.message) // 100
            error.message = _clip(error.message)
            yield error

    return apply


def _count(steps: int) -> None:
    count = _steps.get()
    count[0] += steps
    if count[0] > MAX_STEPS:
        raise LimitExceeded("the value takes too much work to check against its schema")


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (list, dict)) else 0


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    if not isinstance(instance, str):
        return
    expression = Expression(pattern)
    _count(expression.work(instance) // WORK_OF_A_STEP)
    if not expression.is_in(instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


def _unique(_validator: Any, wanted: bool, instance: Any, _schema: Any) -> Iterator[Any]:
    if wanted and isinstance(instance, list):
        texts = [json.dumps(part, sort_keys=True, default=repr) for part in instance]
        _steps.get()[0] += sum(map(len, texts)) // 100
        if len(set(texts)) < len(texts):
            yield jsonschema.ValidationError("has an element twice")


def _sentence(error: Any) -> str:
    while error.context:
        deepest = max(error.context, key=lambda inner: len(inner.absolute_path))
        if len(deepest.absolute_path) == len(error.absolute_path):
            return _alternatives(error)
        error = deepest
    where = _where(error.absolute_path)
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        named = [_where([*error.absolute_path, name]) for name in missing]
        return f"{' and '.join(named)} {'is' if len(named) == 1 else 'are'} missing"
    if error.validator == "additionalProperties" and error.validator_value is False:
        return _unknown(error)
    if error.validator == "type":
        return f"{where} must be {_types(error.validator_value)}, got {_type_of(error.instance)}"
    if error.validator in ("enum", "const"):
        return f"{where} must be {_choices(error)}, got {_short(error.instance)}"
    return f"{where}: {_clip(error.message)}"


def _alternatives(error: Any) -> str:
    where = _where(error.absolute_path)
    kinds = [inner.validator_value for inner in error.context if inner.validator == "type"]
    if len(kinds) == len(error.context):
        wanted = " or ".join(_types(kind) for kind in kinds)
        return f"{where} must be {wanted}, got {_type_of(error.instance)}"
    return f"{where} fits none of the allowed forms: {_sentence(error.context[0])}"


def _unknown(error: Any) -> str:
    known = error.schema.get("properties", {})
    unknown = [name for name in error.instance if name not in known]
    where = _where([*error.absolute_path, unknown[0]])
    near = nearest(unknown[0], known)
    return f"{where} is not known" + (f"; did you mean {near!r}?" if near else "")


def _where(path: Any) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "the value"


def _types(kinds: Any) -> str:
    names = kinds if isinstance(kinds, list) else [kinds]
    return " or ".join(_WORDS[name] for name in names)


def _choices(error: Any) -> str:
    if error.validator == "const":
        return _short(error.validator_value)
    return "one of " + _clip(", ".join(_short(choice) for choice in error.validator_value))


def _type_of(value: Any) -> str:
    for kind, name in (
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a number"),
        (str, "a string"),
        (list, "an array"),
        (dict, "an object"),
        (type(None), "null"),
    ):
        if isinstance(value, kind):
            return name
    return type(value).__name__


def _short(value: Any) -> str:
    return _clip(json.dumps(value, ensure_ascii=False, default=repr), 80)


def _clip(text: str, length: int = 300) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
