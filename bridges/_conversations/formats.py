"""Conversations as documents: written as JSON, JSON lines, Markdown or text, and read again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bridges._conversations.history import Message, checked
from bridges._conversations.kept import LARGEST, Kept, from_document
from bridges._errors import ConfigError, InvalidArgument
from bridges._marks import set_in
from bridges._tools import as_text

_TITLES = {"system": "System", "user": "User", "assistant": "Assistant", "tool": "Tool"}


def written(kept: Kept, form: str) -> str:
    """Returns a conversation in a form: json, jsonl, markdown or text."""
    if form == "json":
        return json.dumps(kept.document(), ensure_ascii=False, indent=2)
    if form == "jsonl":
        return "".join(json.dumps(m, ensure_ascii=False) + "\n" for m in kept.messages)
    if form == "text":
        return transcript(kept.messages)
    parts = [f"# {kept.name}"] if kept.name else []
    parts += [part for message in kept.messages for part in _markdown(message)]
    return "\n\n".join(parts) + "\n"


def transcript(messages: Sequence[Message]) -> str:
    """Returns messages as plain lines, one speaker after the other."""
    return "".join(f"{line}\n" for message in messages for line in _lines(message))


def to_summarize(messages: Sequence[Message]) -> str:
    """Returns a transcript in which no message can look like several."""
    return "".join(f"{set_in(line)}\n" for message in messages for line in _lines(message))


def _lines(message: Message) -> list[str]:
    lines = []
    content = message.get("content")
    if content not in (None, ""):
        name = message.get("name") or "tool"
        speaker = f"tool {name}" if message["role"] == "tool" else message["role"]
        lines.append(f"{speaker}: {as_text(content)}")
    for call in message.get("tool_calls") or []:
        lines.append(f"{message['role']} calls {call['name']}({_arguments(call)})")
    return lines


def _markdown(message: Message) -> list[str]:
    title = _TITLES[message["role"]]
    if message["role"] == "tool":
        return [f"## {title}: {message.get('name') or ''}".rstrip(" :"), _fenced(message)]
    found = [f"## {title}"]
    if message.get("content") not in (None, ""):
        found.append(as_text(message["content"]))
    for call in message.get("tool_calls") or []:
        found.append(f"Calls `{call['name']}` with `{_arguments(call)}`")
    return found


def _fenced(message: Message) -> str:
    content = message.get("content")
    text = "" if content is None else as_text(content)
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def _arguments(call: dict[str, Any]) -> str:
    return json.dumps(call.get("arguments") or {}, ensure_ascii=False)


def _json(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def read(text: str, form: str, where: str) -> Kept:
    """Returns the conversation in a document of the form json or jsonl."""
    if len(text) > LARGEST:
        raise InvalidArgument(f"{where}: the document is larger than {LARGEST} bytes")
    try:
        if form == "jsonl":
            found: Any = [_json(line) for line in text.split("\n") if line.strip()]
        else:
            found = _json(text)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(f"{where}: this is no {form}: {error}") from None
    if isinstance(found, list):
        found = {"version": 1, "messages": found}
    try:
        kept = from_document("", found, where)
    except ConfigError as error:
        raise InvalidArgument(error.message, hint=error.hint) from None
    kept.messages = checked(kept.messages, where)
    return kept
