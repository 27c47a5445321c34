"""One conversation as it is kept: what `llmspell chat` and spells write and read alike."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from bridges._errors import ConfigError

VERSION = 1
"""Of the documents; a change that breaks a reader raises it."""
LARGEST = 16 * 1024 * 1024
"""Bytes of one conversation."""
_SHAPES: dict[str, type] = {
    "name": str,
    "model": str,
    "system_prompt": str,
    "tools": list,
    "template": str,
    "foreign": bool,
    "messages": list,
    "limits": dict,
    "usage": dict,
}
_MESSAGE: dict[str, type] = {
    "role": str,
    "tool_calls": list,
    "tool_call_id": str,
    "name": str,
    "error": bool,
}
_LIMITS = {"max_messages": int, "max_tokens": int, "summarize": dict}
_SUMMARIZE = {"keep": int, "model": str, "prompt": str}
COUNTS = ("requests", "input_tokens", "output_tokens", "cost", "turns", "dropped", "summaries")


def no_usage() -> dict[str, Any]:
    """Returns the usage of a conversation in which nothing was said."""
    return dict.fromkeys(COUNTS, 0)


@dataclass
class Kept:
    """A conversation as plain data.

    model: the model's name, empty for the default; tools: those that have a name of their own
    template: the agent template it speaks through, if any
    foreign: whether it spoke through an agent that only its run had
    messages: as agents give and take them
    limits: `max_messages`, `max_tokens`, `summarize` (`keep`, `model`, `prompt`), where set
    usage: what it used so far, by `COUNTS`
    """

    name: str = ""
    model: str = ""
    system_prompt: str = ""
    tools: list[str] = field(default_factory=list)
    template: str = ""
    foreign: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)
    limits: dict[str, Any] = field(default_factory=dict)
    usage: dict[str, Any] = field(default_factory=no_usage)

    @property
    def first(self) -> str:
        """What the user said first."""
        said = (m.get("content") for m in self.messages if m.get("role") == "user")
        return " ".join(str(next(said, "")).split())

    def document(self) -> dict[str, Any]:
        """Returns it as JSON data."""
        fields = {name: getattr(self, name) for name in _SHAPES}
        found = {name: value for name, value in fields.items() if value or name == "messages"}
        saved = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return {"version": VERSION, "saved": saved, **found}


def from_document(name: str, found: Any, where: str) -> Kept:
    """Returns the conversation in JSON data; raises ConfigError, which begins with `where`.

    name: what it is called, whatever the document says; empty for what that says
    """
    if not isinstance(found, dict) or found.get("version") != VERSION:
        raise ConfigError(f"{where}: this is no conversation of this version of llmspell")
    fields = {key: found[key] for key in _SHAPES if found.get(key) is not None}
    _check(fields, _SHAPES, where)
    for message in fields.get("messages", []):
        if not isinstance(message, dict) or "role" not in message:
            raise ConfigError(f"{where}: a message is no map with a role")
        _check(message, _MESSAGE, where)
        for call in message.get("tool_calls") or []:
            if not isinstance(call, dict) or not isinstance(call.get("id"), str):
                raise ConfigError(f"{where}: a tool call has no id")
            if not isinstance(call.get("name"), str):
                raise ConfigError(f"{where}: a tool call has no name")
    if not all(isinstance(tool, str) for tool in fields.get("tools", [])):
        raise ConfigError(f"{where}: a tool has no name")
    _check(fields.get("limits", {}), _LIMITS, where)
    _check(fields.get("limits", {}).get("summarize") or {}, _SUMMARIZE, where)
    used = fields.get("usage", {})
    fields["usage"] = {key: _number(used.get(key)) for key in COUNTS}
    kept = Kept(**fields)
    kept.name = name or kept.name
    return kept


def _check(found: dict[str, Any], shapes: dict[str, type], where: str) -> None:
    for key, kind in shapes.items():
        value = found.get(key)
        wrong = value is not None and not isinstance(value, kind)
        if wrong or (kind is int and value is not None and (value is True or value < 1)):
            raise ConfigError(f"{where}: {key} is damaged")


def _number(value: Any) -> int | float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 1e15 else 0
