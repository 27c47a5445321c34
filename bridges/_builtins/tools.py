"""The tools every agent may be given: what a model is told of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridges._builtins import runs

if TYPE_CHECKING:
    from bridges._session import Session

Run = Callable[["Session", dict[str, Any]], Awaitable[Any]]


@dataclass(frozen=True)
class Builtin:
    """One built-in tool: what a model is told, and what runs under a session's grants.

    parameters: JSON Schema; `run` gets arguments that fit it
    """

    name: str
    description: str
    parameters: dict[str, Any]
    run: Run


def _text(doc: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": doc, **more}


def _flag(doc: str) -> dict[str, Any]:
    return {"type": "boolean", "description": doc}


def _count(doc: str, most: int, least: int = 1) -> dict[str, Any]:
    return {"type": "integer", "description": doc, "minimum": least, "maximum": most}


def _amount(doc: str) -> dict[str, Any]:
    return {"type": "number", "description": doc}


def _tool(
    name: str, run: Run, description: str, required: str, properties: dict[str, Any]
) -> tuple[str, Builtin]:
    schema = {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }
    return name, Builtin(name, description, schema, run)


_DATE = {"type": ["string", "number"], "description": "ISO 8601 text or seconds since 1970"}
_FOLDER = _text("Folder, relative to the working directory")

BUILTINS: dict[str, Builtin] = dict(
    [
        _tool(
            "file_read",
            runs.file_read,
            "Reads a text file.",
            "path",
            {
                "path": _text("File, relative to the working directory"),
                "start_line": _count("First line to return, from 1", 10**9),
                "line_count": _count("Number of lines to return", 10**9),
            },
        ),
        _tool(
            "file_write",
            runs.file_write,
            "Writes a text file, in place of the one that is there, or adds to its end.",
            "path content",
            {
                "path": _text("File, relative to the working directory"),
                "content": _text("What to write"),
                "append": _flag("Add to the end of the file"),
            },
        ),
        _tool(
            "file_list",
            runs.file_list,
            "Lists files and folders.",
            "",
            {
                "path": _FOLDER,
                "pattern": _text("Names to list, such as *.txt"),
                "recursive": _flag("List folders inside as well"),
            },
        ),
        _tool(
            "file_search",
            runs.file_search,
            "Finds the lines of text files that hold a text or match a regular expression.",
            "text",
            {
                "text": _text("Text or regular expression", minLength=1, maxLength=500),
                "path": _FOLDER,
                "files": _text("Names of files to search, such as *.py"),
                "regex": _flag("Whether text is a regular expression"),
                "ignore_case": _flag("Whether letter case is ignored"),
                "limit": _count("Matches to return", runs.MAX_ROWS),
            },
        ),
        _tool(
            "web_fetch",
            runs.web_fetch,
            "Fetches a web page and returns its readable text.",
            "url",
            {"url": _text("The page's URL")},
        ),
        _tool(
            "http_request",
            runs.http_request,
            "Makes an HTTP request and returns status, headers and text.",
            "url",
            {
                "url": _text("The URL"),
                "method": _text(
                    "GET unless given",
                    enum=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"],
                ),
                "headers": {"type": "object", "additionalProperties": {"type": "string"}},
                "query": {"type": "object", "description": "Names and values of the query"},
                "body": _text("Text to send"),
                "json": {"description": "Value to send as JSON"},
            },
        ),
        _tool(
            "calculator",
            runs.calculator,
            "Calculates an arithmetic expression, such as (3 + 4) * sqrt(2).",
            "expression",
            {"expression": _text("The expression")},
        ),
        _tool(
            "datetime",
            runs.date_and_time,
            "Tells the time, reads and writes dates, adds to them and compares them.",
            "action",
            {
                "action": _text("What to do", enum=["now", "parse", "format", "add", "difference"]),
                "date": _DATE,
                "until": {**_DATE, "description": "Second date of a difference"},
                "timezone": _text("Time zone such as Europe/Berlin; UTC unless given"),
                "format": _text("Pattern for the text, such as %d.%m.%Y"),
                **{
                    unit: _amount(f"How many {unit} to add; may be negative")
                    for unit in ("weeks", "days", "hours", "minutes", "seconds")
                },
            },
        ),
        _tool(
            "json_query",
            runs.json_query,
            "Takes values out of JSON with a JMESPath query, such as people[?age > `20`].name.",
            "query data",
            {
                "query": _text("The query", maxLength=2000),
                "data": {"description": "The JSON value, or its text"},
            },
        ),
        _tool(
            "csv_read",
            runs.csv_read,
            "Reads rows of CSV from a file or a text.",
            "",
            {
                "path": _text("File to read"),
                "text": _text("Text to read instead of a file"),
                "delimiter": _text("Character between values", minLength=1, maxLength=1),
                "header": _flag("Whether the first row names the columns; true unless given"),
                "limit": _count("Rows to return", runs.MAX_ROWS),
            },
        ),
        _tool(
            "hash",
            runs.hash_text,
            "Returns the hash of a text in hexadecimal.",
            "text",
            {
                "text": _text("The text"),
                "algorithm": _text(
                    "sha256 unless given", enum=["sha256", "sha512", "sha1", "md5", "blake2b"]
                ),
            },
        ),
        _tool("uuid", runs.new_uuid, "Returns a new random UUID.", "", {}),
        _tool(
            "env_get",
            runs.env_get,
            "Returns the value of an environment variable.",
            "name",
            {"name": _text("The variable")},
        ),
        _tool(
            "run_program",
            runs.run_program,
            "Runs a program and returns its exit status and output. There is no shell.",
            "program",
            {
                "program": _text("Name of the program"),
                "arguments": {"type": "array", "items": {"type": "string"}},
                "stdin": _text("Text for its standard input"),
                "timeout": {"type": "number", "description": "Seconds", "exclusiveMinimum": 0},
            },
        ),
    ]
)
"""The built-in tools by name."""
