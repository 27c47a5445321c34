"""The run's log, for the spell's own lines."""

from __future__ import annotations

from typing import Any, Literal

from bridges import _json
from bridges._declare import NOTHING, Bridge, HostObject, host_function
from bridges._errors import InvalidArgument
from bridges._log import Log

MAX_FIELDS = 100
Level = Literal["trace", "debug", "info", "warn", "error"]


def _write(log: Log, level: str, message: Any, fields: dict[str, Any] | None) -> None:
    if not log.is_enabled(level):
        return
    if not isinstance(message, str):
        try:
            message = _json.render(message, "message")
        except InvalidArgument:
            message = repr(message)
    log.write(level, message, fields)


def _few(fields: dict[str, Any]) -> dict[str, Any]:
    # Each logger made of another holds a copy.
    if len(fields) > MAX_FIELDS:
        raise InvalidArgument(f"a logger has at most {MAX_FIELDS} fields")
    return fields


class Logger(Bridge):
    """Writes log lines, which go to standard error or where the user sends them."""

    @host_function(needs=NOTHING, since=1, one_way=True)
    def trace(self, message: Any, fields: dict[str, Any] | None = None) -> None:
        """Writes a line for somebody who follows every step.

        message: Text; another value is written as JSON
        fields: More values, kept apart from the text
        """
        _write(self.session.log, "trace", message, fields)

    @host_function(needs=NOTHING, since=1, one_way=True)
    def debug(self, message: Any, fields: dict[str, Any] | None = None) -> None:
        """Writes a line for somebody who looks for a defect.

        message: Text; another value is written as JSON
        fields: More values, kept apart from the text
        """
        _write(self.session.log, "debug", message, fields)

    @host_function(needs=NOTHING, since=1, one_way=True)
    def info(self, message: Any, fields: dict[str, Any] | None = None) -> None:
        """Writes a line that tells what happens.

        message: Text; another value is written as JSON
        fields: More values, kept apart from the text
        """
        _write(self.session.log, "info", message, fields)

    @host_function(needs=NOTHING, since=1, one_way=True)
    def warn(self, message: Any, fields: dict[str, Any] | None = None) -> None:
        """Writes a line about something that may be wrong.

        message: Text; another value is written as JSON
        fields: More values, kept apart from the text
        """
        _write(self.session.log, "warn", message, fields)

    @host_function(needs=NOTHING, since=1, one_way=True)
    def error(self, message: Any, fields: dict[str, Any] | None = None) -> None:
        """Writes a line about something that failed.

        message: Text; another value is written as JSON
        fields: More values, kept apart from the text
        """
        _write(self.session.log, "error", message, fields)

    @host_function(needs=NOTHING, since=1)
    def with_(self, fields: dict[str, Any]) -> FieldLogger:
        """Makes a logger that adds fields to every line.

        fields: The fields
        returns: The logger
        """
        return FieldLogger(self.session.log, _few(fields))

    @host_function(needs=NOTHING, since=1)
    def set_level(self, level: Level) -> None:
        """Sets the least level that is written, for the rest of the run.

        level: trace, debug, info, warn or error
        """
        self.session.log.level = level

    @host_function(needs=NOTHING, since=1)
    def is_enabled(self, level: Level) -> bool:
        """Tells whether lines of a level are written.

        level: trace, debug, info, warn or error
        returns: Whether they are
        """
        return self.session.log.is_enabled(level)


class FieldLogger(HostObject):
    """Writes log lines with fields of its own."""

    name = "Logger"

    def __init__(self, log: Log, fields: dict[str, Any]) -> None:
        self._log = log
        self._fields = fields

    @host_function(needs=NOTHING, since=1, one_way=True)
    def trace(self, message: Any, fields: dict[str, Any] | None = None) -> None:
        """Writes a line for somebody who follows every step.

        message: Text; another value is written as JSON
        fields: More values, beside the logger's own
        """
        self._write("trace", message, fields)

    @host_function(needs=NOTHING, since=1, one_way=True)
    def debug(self, message: Any, fields: dict[str, Any] | None = None) -> None:
        """Writes a line for somebody who looks for a defect.

        message: Text; another value is written as JSON
        fields: More values, beside the logger's own
        """
        self._write("debug", message, fields)

    @host_function(needs=NOTHING, since=1, one_way=True)
    def info(self, message: Any, fields: dict[str, Any] | None = None) -> None:
        """Writes a line that tells what happens.

        message: Text; another value is written as JSON
        fields: More values, beside the logger's own
        """
        self._write("info", message, fields)

    @host_function(needs=NOTHING, since=1, one_way=True)
    def warn(self, message: Any, fields: dict[str, Any] | None = None) -> None:
        """Writes a line about something that may be wrong.

        message: Text; another value is written as JSON
        fields: More values, beside the logger's own
        """
        self._write("warn", message, fields)

    @host_function(needs=NOTHING, since=1, one_way=True)
    def error(self, message: Any, fields: dict[str, Any] | None = None) -> None:
        """Writes a line about something that failed.

        message: Text; another value is written as JSON
        fields: More values, beside the logger's own
        """
        self._write("error", message, fields)

    @host_function(needs=NOTHING, since=1)
    def with_(self, fields: dict[str, Any]) -> FieldLogger:
        """Makes a logger that adds these fields to this one's.

        fields: The fields
        returns: The logger
        """
        return FieldLogger(self._log, _few({**self._fields, **fields}))

    @host_function(needs=NOTHING, since=1)
    def set_level(self, level: Level) -> None:
        """Sets the least level that is written, for the rest of the run.

        level: trace, debug, info, warn or error
        """
        self._log.level = level

    @host_function(needs=NOTHING, since=1)
    def is_enabled(self, level: Level) -> bool:
        """Tells whether lines of a level are written.

        level: trace, debug, info, warn or error
        returns: Whether they are
        """
        return self._log.is_enabled(level)

    def _write(self, level: str, message: Any, fields: dict[str, Any] | None) -> None:
        _write(self._log, level, message, {**self._fields, **(fields or {})})
