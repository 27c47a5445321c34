"""Every key of llmspell.toml: its type, what it means, and how a written value is read."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from bridges._durations import parse_duration
from bridges._permissions import PROFILES
from llmspell_cli.sizes import parse_size
from llmspell_cli.world import absolute

PROTOCOLS = ("openai", "anthropic", "google")
STRATEGIES = ("fallback", "fastest", "consensus", "cheapest", "capability", "round_robin")
MEMBER: dict[str, Callable[[Any], bool]] = {
    "model": lambda value: isinstance(value, str),
    "weight": lambda value: _is_number(value),
    "cost": lambda value: _is_number(value),
    "capabilities": lambda value: (
        isinstance(value, list) and all(isinstance(w, str) for w in value)
    ),
}
LEVELS = ("trace", "debug", "info", "warn", "warning", "error")


class Place(NamedTuple):
    """What relative paths in a source of configuration start from."""

    folder: Path
    home: Path


class Key(NamedTuple):
    """One setting.

    kind: names the reader in READERS; doc: one line for people; choices: of a `choice`
    example: a value as TOML, shown in the file that `config init` writes
    """

    kind: str
    doc: str
    example: str = ""
    choices: tuple[str, ...] = ()


class Each(NamedTuple):
    """A table whose keys the user names: each holds `inner`."""

    inner: Schema
    doc: str


Schema: TypeAlias = "Key | Each | dict[str, Schema]"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(value: Any, _key: Key, _place: Place) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be text")
    return value


def _choice(value: Any, key: Key, _place: Place) -> str:
    if value not in key.choices:
        raise ValueError(f"must be one of {', '.join(key.choices)}, not {value!r}")
    return str(value)


def _duration(value: Any, _key: Key, _place: Place) -> float:
    seconds = parse_duration(value) if isinstance(value, str) else value
    if not _is_number(seconds) or not 0 < seconds < 1e9:
        raise ValueError("must be seconds above 0, or text such as '30s' or '5m'")
    return float(seconds)


def _size(value: Any, _key: Key, _place: Place) -> int:
    size = parse_size(value) if isinstance(value, str) else value
    if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
        raise ValueError("must be a number of bytes above 0, or text such as '256MB'")
    return size


def _count(value: Any, _key: Key, _place: Place) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("must be a whole number, 0 or more")
    return value


def _money(value: Any, _key: Key, _place: Place) -> Decimal:
    wrong = ValueError("must be an amount of US dollars such as 1.50")
    if not _is_number(value) and not isinstance(value, str):
        raise wrong
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise wrong from None
    if not amount.is_finite() or amount < 0:
        raise wrong
    return amount


def _flag(value: Any, _key: Key, _place: Place) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _share(value: Any, _key: Key, _place: Place) -> float:
    if not _is_number(value) or not 0 <= value <= 1:
        raise ValueError("must be a number from 0 to 1")
    return float(value)


def _names(value: Any, _key: Key, _place: Place) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValueError('must be a list of texts such as ["a", "b"]')
    return tuple(value)


def _members(value: Any, _key: Key, _place: Place) -> tuple[Any, ...]:
    wrong = ValueError(
        'must be a list of names or tables such as {model = "openai:gpt-5", cost = 2}'
    )
    if not isinstance(value, list) or not all(isinstance(item, (str, dict)) for item in value):
        raise wrong
    for item in value:
        table = {"model": item} if isinstance(item, str) else item
        if not table.get("model"):
            raise wrong
        for name, part in table.items():
            if name not in MEMBER or not MEMBER[name](part):
                raise ValueError(
                    f"has a member with a wrong {name!r}; known are {', '.join(MEMBER)}"
                )
    return tuple(value)


def _path(value: Any, key: Key, place: Place) -> Path:
    return absolute(_text(value, key, place), place.folder, place.home)


def _paths(value: Any, key: Key, place: Place) -> tuple[str, ...]:
    found = _names(value, key, place)
    return tuple(str(absolute(item, place.folder, place.home)) for item in found)


READERS: dict[str, Callable[[Any, Key, Place], Any]] = {
    "text": _text,
    "choice": _choice,
    "duration": _duration,
    "size": _size,
    "count": _count,
    "money": _money,
    "flag": _flag,
    "share": _share,
    "names": _names,
    "members": _members,
    "path": _path,
    "paths": _paths,
}
LISTS = ("names", "paths", "members")


def _grants() -> dict[str, Schema]:
    what = {
        "read": ("paths", "Files and folders a spell may read", '["docs"]'),
        "write": ("paths", "Files and folders a spell may write", '["out"]'),
        "net": ("names", "Hosts: name, name:port, *.domain", '["api.example.org"]'),
        "env": ("names", "Environment variables a spell may read", '["LANG"]'),
        "run": ("names", "Programs a spell may run", '["git"]'),
        "state": ("names", "States that all spells share", '["global"]'),
        "modules": ("paths", "More folders to load modules from", '["lib"]'),
    }
    allow: dict[str, Schema] = {
        f"allow_{name}": Key(kind, doc, example) for name, (kind, doc, example) in what.items()
    }
    deny: dict[str, Schema] = {
        f"deny_{name}": Key(kind, "Never these, whatever allows them", example)
        for name, (kind, _, example) in what.items()
        if name != "modules"
    }
    return {**allow, **deny}


GRANTS = _grants()
SCHEMA: dict[str, Schema] = {
    "default_model": Key("text", "Model of agents that name none", '"openai:gpt-5-mini"'),
    "audit_log": Key("path", "File that gets a JSON line for every permission", '"audit.jsonl"'),
    "models": Each(Key("text", "Model name"), "Short names for models"),
    "providers": Each(
        {
            "kind": Key("choice", f"Protocol: {', '.join(PROTOCOLS)}", '"openai"', PROTOCOLS),
            "base_url": Key("text", "Where it listens", '"http://127.0.0.1:8000/v1"'),
            "api_key_env": Key("text", "Environment variable with the key", '"LAB_KEY"'),
            "api_key": Key("text", "The key itself", '"..."'),
        },
        "Servers: a provider `lab` serves the models lab:NAME",
    ),
    "pools": Each(
        {
            "members": Key(
                "members",
                "Models, aliases and pools, or {model, weight, cost, capabilities}",
                '["fast", "openai:gpt-5"]',
            ),
            "strategy": Key("choice", "How they are asked", '"fallback"', STRATEGIES),
            "hedge_after": Key("duration", "fastest: when the next is asked as well", '"2s"'),
            "ask": Key("count", "consensus: answers to ask for", "3"),
            "quorum": Key("count", "consensus: how many have to agree", "2"),
            "judge": Key("text", "consensus: model that chooses the answer", '"openai:gpt-5"'),
            "member_timeout": Key("duration", "When a member is given up for the next", '"30s"'),
            "failures": Key("count", "Failures until a member is left alone", "3"),
            "cool_down": Key("duration", "How long it is left alone", '"30s"'),
        },
        "Several models under one name: a pool `main` is the model pool:main",
    ),
    "security": {
        "profile": Key("text", "high, medium, low, none, or one from below", '"medium"'),
        **GRANTS,
        "profiles": Each(
            {"base": Key("choice", "Profile it starts from", '"medium"', PROFILES), **GRANTS},
            "Profiles of your own, for --security",
        ),
    },
    "limits": {
        "timeout": Key("duration", "Wall clock", '"5m"'),
        "cpu": Key("duration", "Processor time", '"30s"'),
        "memory": Key("size", "Memory of the script engine", '"256MB"'),
        "host_memory": Key("size", "What the host holds for a spell: states, objects", '"256MB"'),
        "output": Key("size", "What a spell may print", '"10MB"'),
        "calls": Key("count", "Host calls in total", "10000"),
        "in_flight": Key("count", "Host calls at one time", "2000"),
        "artifacts": Key("size", "Artifacts that one spell may keep", '"1GB"'),
    },
    "budget": {
        "max_cost": Key("money", "US dollars a run", "1.00"),
        "max_tokens": Key("count", "Tokens a run, in and out", "200000"),
        "max_requests": Key("count", "Model requests a run", "500"),
    },
    "requests": {
        "timeout": Key("duration", "A model request in all", '"2m"'),
        "connect": Key("duration", "Until the connection stands", '"10s"'),
        "first_byte": Key("duration", "Until the first byte of the answer", '"60s"'),
        "idle": Key("duration", "Between two parts of the answer", '"60s"'),
        "retries": Key("count", "More tries after a failure that may pass", "2"),
    },
    "logging": {
        "level": Key("choice", "trace, debug, info, warning or error", '"warning"', LEVELS),
        "format": Key("choice", "How lines are written: text or json", '"text"', ("text", "json")),
        "file": Key("path", "Write the log here instead of standard error", '"llmspell.log"'),
    },
    "telemetry": {
        "endpoint": Key(
            "text", "Collector that gets spans and metrics (OTLP, HTTP)", '"http://127.0.0.1:4318"'
        ),
        "headers_env": Key("text", "Environment variable with headers: a=1,b=2", '"COLLECTOR_KEY"'),
        "service_name": Key("text", "What the program is called there", '"llmspell"'),
        "sample": Key("share", "Share of the runs whose spans are told, 0 to 1", "1.0"),
        "metrics": Key("flag", "Tell metrics as well", "true"),
        "content": Key("flag", "Tell what was asked and answered as well", "false"),
    },
}
