"""Values as plain data, for events and hooks."""

from __future__ import annotations

from typing import Any

from bridges._declare import HostObject, name_of
from bridges._errors import InvalidArgument
from bridges._types import Callback


def weight(value: Any) -> int:
    """Returns about how many bytes plain data holds."""
    if isinstance(value, (str, bytes)):
        return 50 + len(value)
    if isinstance(value, dict):
        return 64 + sum(map(weight, value)) + sum(map(weight, value.values()))
    if isinstance(value, list):
        return 56 + sum(map(weight, value))
    return 32


def check_plain(value: Any, where: str) -> Any:
    """Returns plain data as it is; functions and objects are refused."""
    if isinstance(value, dict):
        for key, part in value.items():
            check_plain(part, f"{where}.{key}")
    elif isinstance(value, list):
        for i, part in enumerate(value, 1):
            check_plain(part, f"{where}[{i}]")
    elif isinstance(value, (Callback, HostObject)):
        raise InvalidArgument(f"{where} must be data; functions and objects cannot be sent")
    return value


def plain(value: Any) -> Any:
    """Returns a copy of a value as plain data; functions and objects become words for them."""
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if value is None or isinstance(value, (str, int, float, bool, bytes)):
        return value
    if isinstance(value, HostObject):
        return f"<{name_of(type(value))}>"
    return f"<{getattr(value, 'words', type(value).__name__)}>"
