"""The arguments of a client's requests, read by type."""

from __future__ import annotations

from typing import Any

from bridges._errors import InvalidArgument


class Arguments:
    """A map from a client; what is missing or of another type is InvalidArgument, naming it."""

    def __init__(self, fields: Any) -> None:
        if fields is not None and not isinstance(fields, dict):
            raise InvalidArgument("arguments must be a map")
        self.fields: dict[str, Any] = fields or {}

    def text(self, key: str, fallback: str | None = None) -> str:
        """Returns a text; without a fallback it must be there."""
        return str(self._get(key, str, "text", fallback))

    def number(self, key: str, fallback: int | None = None) -> int:
        """Returns a whole number that is not negative."""
        found = self._get(key, int, "a whole number", fallback)
        if isinstance(found, bool) or found < 0:
            raise InvalidArgument(f"{key} must be a whole number, and not negative")
        return int(found)

    def flag(self, key: str, fallback: bool = False) -> bool:
        """Returns true or false."""
        return bool(self._get(key, bool, "true or false", fallback))

    def inner(self, key: str) -> Arguments:
        """Returns a map, empty where there is none."""
        return Arguments(self._get(key, dict, "a map", {}))

    def inners(self, key: str) -> list[Arguments]:
        """Returns a list of maps, empty where there is none."""
        return [Arguments(part) for part in self._get(key, list, "a list", [])]

    def texts(self, key: str) -> list[str]:
        """Returns a list of texts, empty where there is none."""
        found = self._get(key, list, "a list", [])
        if not all(isinstance(part, str) for part in found):
            raise InvalidArgument(f"{key} must be a list of texts")
        return list(found)

    def _get(self, key: str, kind: type, words: str, fallback: Any) -> Any:
        found = self.fields.get(key)
        if found is None:
            if fallback is None:
                raise InvalidArgument(f"{key} is missing; it must be {words}")
            return fallback
        if not isinstance(found, kind):
            raise InvalidArgument(f"{key} must be {words}")
        return found
