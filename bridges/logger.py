"""The run's log, for the spell's own lines."""

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict

from bridges import _json
from bridges._captures import MAX_CAPTURED, Capture
from bridges._declare import NOTHING, Bridge, HostObject, host_function
from bridges._errors import InvalidArgument, LimitExceeded
from bridges._log import Log, capturing
from bridges._types import Callback

MAX_FIELDS = 100
Level = Literal["trace", "debug", "info", "warn", "error"]


class LogCaptureOptions(TypedDict, total=False):
    """Which lines are captured, and what else becomes of them.

    level: The least level that is captured; that of the log unless set
    quiet: Whether the lines are kept from the log
    """

    level: Level
    quiet: bool


class LogLine(TypedDict, total=False):
    """One log line.

    level: Its level
    message: Its text
    fields: More values, kept apart from the text
    time: When it was written: seconds since 1970
    """

    level: Required[Level]
    message: Required[str]
    fields: dict[str, Any]
    time: float


class LogCapture(TypedDict, total=False):
    """What a function wrote to the log.

    lines: The lines, in order
    dropped: How many more there were than the 10,000 that are kept
    result: What the function returned
    """

    lines: Required[list[LogLine]]
    dropped: Required[int]
    result: Any


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

    @host_function(needs=NOTHING, since=2)
    async def capture(self, fn: Callback, options: LogCaptureOptions | None = None) -> LogCapture:
        """Runs a function and gives the lines that it writes, and that are written for it.

        fn: Called without arguments; its error is raised as it is, after the log has got the lines
            that were kept from it
        options: Which lines, and whether the log gets them as well
        returns: The lines, and what the function returned
        """
        options = options or {}
        outer = capturing.get()
        capture = Capture(options.get("level"), options.get("quiet", False), outer)
        capturing.set(capture)
        failed = True
        try:
            result = await fn()
            failed = False
        finally:
            capturing.set(outer)
            capture.is_over = True
            if failed and capture.quiet:
                # Nobody is given them, and they may tell why.
                for line in capture.lines:
                    self.session.log.write(line["level"], line["message"], line["fields"])
        lines: Any = [{**line, "fields": _plain(line["fields"])} for line in capture.lines]
        return {"lines": lines, "dropped": capture.dropped, "result": result}

    @host_function(needs=NOTHING, since=2)
    def replay(self, lines: list[LogLine]) -> None:
        """Writes captured lines again; levels that are not enabled are left out.

        lines: The lines, as `capture` gives them; at most 10,000
        """
        if len(lines) > MAX_CAPTURED:
            raise InvalidArgument(f"Logger.replay takes at most {MAX_CAPTURED} lines")
        size = sum(len(line["message"]) + len(str(line.get("fields", ""))) for line in lines)
        limit = self.session.use("output", size)
        if limit is not None:
            raise LimitExceeded(
                f"the spell wrote more than its limit of {limit} bytes",
                hint="raise output under [limits], or pass --output-limit",
                details={"limit": "output"},
            )
        for line in lines:
            self.session.log.write(line["level"], line["message"], line.get("fields"))


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    from bridges._tools import as_data

    found = {}
    for name, value in fields.items():
        try:
            found[name] = as_data(value, name)
        except InvalidArgument:
            found[name] = f"<{getattr(value, 'words', type(value).__name__)}>"
    return found


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
