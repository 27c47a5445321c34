"""Conditions: whether a step runs, which branch is taken, how long a loop goes on."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from bridges._errors import InvalidArgument
from bridges._templates import look_up, read_path
from bridges._tools import as_text
from bridges._types import TYPE_WORDS, Callback, Text
from bridges._workflow.specs import Condition

WITHOUT_VALUE = ("", "exists", "missing")
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def read_condition(given: Any, where: str) -> Condition | None:
    """Returns a condition from a function or the fields of `WorkflowCondition`."""
    if given is None:
        return None
    if isinstance(given, Callback):
        return Condition(function=given)
    op = given.get("op", "")
    if op in WITHOUT_VALUE and "value" in given:
        raise InvalidArgument(f"{where}: value needs an op, such as ==")
    if op in ORDERS and not _is_ordered(given.get("value")):
        raise InvalidArgument(f"{where}: {op} needs a number or text as value")
    return Condition(None, read_path(given["path"], where), op, given.get("value"))


async def holds(condition: Condition, context: dict[str, Any], where: str) -> bool:
    """Asks a condition: a function gets the context; a comparison looks into it."""
    if condition.function is not None:
        return _is_true(await condition.function(context))
    try:
        found = look_up(condition.path, context, where)
    except InvalidArgument:
        if condition.op in WITHOUT_VALUE:
            return condition.op == "missing"
        raise
    return _compared(condition.op, _plain(found), _plain(condition.value), where)


def _compared(op: str, found: Any, value: Any, where: str) -> bool:
    if op in ("exists", "missing"):
        return (op == "exists") == (found is not None)
    if op in ORDERS:
        return ORDERS[op](*_ordered(found, value, where))
    if op in ("in", "contains"):
        return _is_in(*((found, value) if op == "in" else (value, found)), where)
    return _is_true(found) if op == "" else _same(found, value) == (op == "==")


def _is_true(value: Any) -> bool:
    # As in Lua: 0 and "" are true, so that both languages agree.
    return value is not None and value is not False


def _plain(value: Any) -> Any:
    return value.text if isinstance(value, Text) else value


def _same(one: Any, other: Any) -> bool:
    # In Python True == 1; in no script language.
    return bool(isinstance(one, bool) == isinstance(other, bool) and one == other)


def _is_ordered(value: Any) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _ordered(one: Any, other: Any, where: str) -> tuple[Any, Any]:
    alike = isinstance(one, str) == isinstance(other, str)
    if not _is_ordered(one) or not alike:
        got = TYPE_WORDS.get(type(one), "a value")
        wanted = TYPE_WORDS[type(other)]
        raise InvalidArgument(f"{where}: {got} cannot be compared with {wanted}")
    return one, other


def _is_in(part: Any, whole: Any, where: str) -> bool:
    if isinstance(whole, str):
        return as_text(part) in whole
    if isinstance(whole, dict):
        return isinstance(part, str) and part in whole
    if isinstance(whole, list):
        return any(_same(part, item) for item in whole)
    raise InvalidArgument(f"{where}: only a list, a map or text can hold something")
