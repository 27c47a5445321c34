"""What an editor's launch configuration says, as the flags of `llmspell run`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from bridges._errors import InvalidArgument
from bridges._names import nearest
from llmspell_cli.debug.dap.arguments import Arguments
from llmspell_cli.request import SECURITY_FIELDS, Request

LIMITS = {
    "timeout": "timeout",
    "cpu": "cpu",
    "memory": "memory",
    "outputLimit": "output",
}
"""Options that are texts such as 30s or 128MB, and their limits."""
BUDGET = {"maxTokens": "max_tokens", "maxRequests": "max_requests"}
OWN = ("program", "args", "params", "stdin", "cwd", "stopOnEntry", "noDebug")


def _camel(flag: str) -> str:
    first, *rest = flag.split("_")
    return first + "".join(word.capitalize() for word in rest)


SECURITY = {_camel(flag): field for flag, field in SECURITY_FIELDS.items()}
TEXTS = {"engine": "engine", "model": "model", "logLevel": "log_level", "maxCost": "max_cost"}
OPTIONS = (*OWN, *TEXTS, *LIMITS, "calls", *BUDGET, *SECURITY)
"""Every option of a launch configuration that is ours."""


def request_of(given: Arguments, base: Request) -> Request:
    """Returns what to run: a launch configuration over the flags of the command line."""
    fields = given.fields
    changes: dict[str, Any] = {}
    for key, name in TEXTS.items():
        if key in fields:
            changes[name] = _text(given, key)
    for key, name in BUDGET.items():
        if key in fields:
            changes[name] = given.number(key)
    limits: dict[str, str | int | None] = {}
    limits |= {name: _text(given, key) for key, name in LIMITS.items() if key in fields}
    if "calls" in fields:
        limits["calls"] = given.number("calls")
    changes["limits"] = {**base.limits, **limits}
    changes["security"] = {**base.security, **_security(given)}
    if "args" in fields:
        changes["args"] = given.texts("args")
    params = given.inner("params").fields
    changes["param"] = [*base.param, *(f"{name}={_written(v)}" for name, v in params.items())]
    return replace(base, **changes)


def unknown(given: Arguments) -> list[str]:
    """Returns a warning for each key that is nearly one of ours: editors add keys of their own."""
    found = []
    for key in given.fields:
        near = None if key in OPTIONS else nearest(key, OPTIONS)
        if near:
            found.append(f"the launch configuration has {key!r}; did you mean {near!r}?")
    return found


def _security(given: Arguments) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, name in SECURITY.items():
        if key in given.fields:
            found[name] = given.text(key) if name == "profile" else given.texts(key)
    return found


def _text(given: Arguments, key: str) -> str:
    """Returns a text; a number may be written as one."""
    value = given.fields[key]
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InvalidArgument(f"{key} must be text")
    return str(value)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
