"""What the built-in tools do. All that is outside they reach through the door, under grants."""

from __future__ import annotations

import asyncio
import hashlib
import io
import uuid
from typing import TYPE_CHECKING, Any

from bridges import _json
from bridges._errors import InvalidArgument, PermissionDenied

if TYPE_CHECKING:
    from bridges._permissions import Program
    from bridges._session import Session

MAX_TEXT = 200_000
"""Characters of a file, a page or an answer that a model gets at most."""

MAX_PAGE = 2_000_000
MAX_ROWS = 1000
MAX_PROGRAM_TIME = 600.0


async def _call(session: Session, name: str, *arguments: Any) -> Any:
    door = session.door
    return await door.call_async(door.number(name), list(arguments))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}\n[cut: {len(text)} characters]"


async def file_read(session: Session, arguments: dict[str, Any]) -> Any:
    text: str = await _call(session, "File.read", arguments["path"])
    lines = text.splitlines(keepends=True)
    start = arguments.get("start_line", 1) - 1
    count = arguments.get("line_count", len(lines))
    return _cut("".join(lines[start : start + count]))


async def file_write(session: Session, arguments: dict[str, Any]) -> Any:
    function = "File.append" if arguments.get("append") else "File.write"
    await _call(session, function, arguments["path"], arguments["content"])
    return f"wrote {len(arguments['content'])} characters to {arguments['path']}"


async def file_list(session: Session, arguments: dict[str, Any]) -> Any:
    options = {key: arguments[key] for key in ("pattern", "recursive") if key in arguments}
    found = await _call(session, "File.list", arguments.get("path", "."), options)
    return [
        {"path": entry["path"], "kind": entry["kind"], "size": entry["size"]}
        for entry in found[:MAX_ROWS]
    ]


async def file_search(session: Session, arguments: dict[str, Any]) -> Any:
    from bridges._builtins.search import Search

    options = {"recursive": True, "pattern": arguments.get("files", "*")}
    entries = await _call(session, "File.list", arguments.get("path", "."), options)
    search = Search(
        arguments["text"],
        is_regex=arguments.get("regex", False),
        ignore_case=arguments.get("ignore_case", False),
        limit=arguments.get("limit", 100),
    )
    for entry in entries:
        if entry["kind"] != "file" or entry["size"] > MAX_PAGE or search.is_full:
            continue
        try:
            text = await _call(session, "File.read", entry["path"])
        except (InvalidArgument, PermissionDenied):
            continue  # Not text, or not open to this user: a search passes over it.
        await asyncio.to_thread(search.add, entry["path"], text)
    return {"matches": search.matches, "complete": not search.is_full}


async def web_fetch(session: Session, arguments: dict[str, Any]) -> Any:
    answer = await _call(session, "Http.get", arguments["url"])
    kind = answer["headers"].get("content-type", "")
    text = answer["text"]
    if "html" in kind:
        text = await asyncio.to_thread(_readable, text[:MAX_PAGE], answer["url"])
    return {"status": answer["status"], "url": answer["url"], "text": _cut(text)}


def _readable(page: str, url: str) -> str:
    import trafilatura

    found = trafilatura.extract(
        page, url=url, output_format="markdown", include_links=True, include_tables=True
    )
    # A page without an article has text all the same.
    return found or trafilatura.html2txt(page) or ""


async def http_request(session: Session, arguments: dict[str, Any]) -> Any:
    answer = await _call(session, "Http.request", arguments)
    return {
        "status": answer["status"],
        "url": answer["url"],
        "headers": answer["headers"],
        "text": _cut(answer["text"]),
    }


async def calculator(_session: Session, arguments: dict[str, Any]) -> Any:
    from bridges._builtins.calculator import calculate

    return calculate(arguments["expression"])


async def date_and_time(_session: Session, arguments: dict[str, Any]) -> Any:
    from bridges._builtins.dates import date_tool

    return date_tool(arguments)


async def json_query(_session: Session, arguments: dict[str, Any]) -> Any:
    from bridges._builtins.query import query

    data = arguments["data"]
    if isinstance(data, str):
        data = _json.parse(data, "json_query: 'data'")
    return await asyncio.to_thread(query, arguments["query"], data)


async def csv_read(session: Session, arguments: dict[str, Any]) -> Any:
    if ("path" in arguments) == ("text" in arguments):
        raise InvalidArgument("csv_read takes either 'path' or 'text'")
    text = arguments.get("text")
    if text is None:
        text = await _call(session, "File.read", arguments["path"])
    return await asyncio.to_thread(_read_rows, text, arguments)


def _read_rows(text: str, arguments: dict[str, Any]) -> Any:
    import csv
    from itertools import islice

    limit = arguments.get("limit", 100)
    source = io.StringIO(text.removeprefix("\ufeff"), newline="")
    try:
        rows = csv.reader(source, delimiter=arguments.get("delimiter", ","))
        names = next(rows, []) if arguments.get("header", True) else []
        found = list(islice(rows, limit + 1))
    except csv.Error as error:
        raise InvalidArgument(f"csv_read: this is not CSV: {error}") from None
    read: list[Any] = [dict(zip(names, row, strict=False)) if names else row for row in found]
    return {"columns": names, "rows": read[:limit], "complete": len(found) <= limit}


async def hash_text(_session: Session, arguments: dict[str, Any]) -> Any:
    data = arguments["text"].encode("utf-8")
    return hashlib.new(
        arguments.get("algorithm", "sha256"), data, usedforsecurity=False
    ).hexdigest()


async def new_uuid(_session: Session, _arguments: dict[str, Any]) -> Any:
    return str(uuid.uuid4())


async def env_get(session: Session, arguments: dict[str, Any]) -> Any:
    return await _call(session, "Env.get", arguments["name"])


async def run_program(session: Session, arguments: dict[str, Any]) -> Any:
    from bridges import _programs

    stdin = arguments.get("stdin")
    outcome = await _programs.run(
        _programs.Job(
            program=_checked_program(session, arguments["program"]),
            folder=session.grants.base,
            arguments=arguments.get("arguments", []),
            environ=_environment(session),
            stdin=None if stdin is None else stdin.encode("utf-8"),
            timeout=min(arguments.get("timeout", 60), MAX_PROGRAM_TIME),
        )
    )
    return {
        "status": outcome.status,
        "stdout": _cut(outcome.stdout.decode("utf-8", "replace")),
        "stderr": _cut(outcome.stderr.decode("utf-8", "replace")),
    }


def _environment(session: Session) -> dict[str, str]:
    from bridges import _programs

    found = _programs.environment(session.environ, session.grants)
    if session.tracing is not None:
        from bridges._tracing import traceparent

        found["TRACEPARENT"] = traceparent(session.tracing.current())
    return found


def _checked_program(session: Session, name: str) -> Program:
    from bridges._permissions import Program

    audit = session.audit or (lambda *_: None)
    try:
        program = session.grants.check(Program, name, api="run_program")
    except PermissionDenied:
        audit("run_program", "run", name, False)
        raise
    audit("run_program", "run", name, True)
    return program
