"""The conversations of `llmspell chat`: a JSON file each, which nobody else can read."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bridges._errors import ConfigError, NotFound
from bridges._names import did_you_mean
from llmspell_cli.repl.saved import write

VERSION = 1
"""Of the files; a change that breaks a reader raises it."""
LARGEST = 64 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FIELDS = {"model": str, "system": str, "tools": list, "messages": list}


@dataclass
class Chat:
    """One conversation.

    model: the model's name, empty for the default; messages: as agents give and take them
    tokens, cost: what it used so far, in all and in US dollars
    """

    name: str
    model: str = ""
    system: str = ""
    tools: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    tokens: int = 0
    cost: float = 0.0

    @property
    def first(self) -> str:
        """What the user said first."""
        said = (m.get("content") for m in self.messages if m.get("role") == "user")
        return " ".join(str(next(said, "")).split())


class Chats:
    """The conversations in a folder."""

    def __init__(self, data: Path) -> None:
        """data: the user's data folder"""
        self._folder = data / "chats"
        self._seen: dict[str, tuple[int, int] | None] = {}

    def names(self) -> list[str]:
        """Returns the names there are, the latest first."""
        try:
            found = [(path.stat().st_mtime, path.stem) for path in self._folder.glob("*.json")]
        except OSError:
            return []
        return [name for _, name in sorted(found, reverse=True) if _NAME.fullmatch(name)]

    def load(self, name: str) -> Chat:
        """Returns a conversation; raises NotFound, or ConfigError for a file that is damaged."""
        path = self._path(name)
        try:
            with path.open("rb") as file:
                found = json.loads(file.read(LARGEST))
        except FileNotFoundError:
            hint = did_you_mean(name, self.names())
            raise NotFound(f"there is no conversation {name!r}", hint=hint) from None
        except (OSError, ValueError, RecursionError) as error:
            raise ConfigError(f"{path} cannot be read: {error}") from None
        self._seen[name] = _mark(path)
        return _read(found, path)

    def save(self, chat: Chat) -> None:
        """Writes a conversation, whole or not at all.

        One that somebody else has changed since it was loaded or saved here stays as it is: then
        this one gets another name.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        there = _mark(self._path(chat.name))
        if there is not None and there != self._seen.get(chat.name):
            chat.name = self._free(chat.name)
        document = {"version": VERSION, "saved": _now(), **asdict(chat)}
        text = json.dumps(document, ensure_ascii=False, indent=1)
        write(self._path(chat.name), text + "\n", 0o600)
        self._seen[chat.name] = _mark(self._path(chat.name))

    def delete(self, name: str) -> None:
        """Removes a conversation, damaged or not; raises NotFound, or ConfigError with why not."""
        path = self._path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            hint = did_you_mean(name, self.names())
            raise NotFound(f"there is no conversation {name!r}", hint=hint) from None
        except OSError as error:
            raise ConfigError(f"{path} cannot be removed: {error.strerror}") from None

    def new_name(self) -> str:
        """Returns a name that nothing has: the time."""
        return self._free(time.strftime("%Y-%m-%d-%H%M%S"))

    def has(self, name: str) -> bool:
        """Tells whether there is a conversation; raises ConfigError for what can be no name."""
        return self._path(name).exists()

    def _free(self, wanted: str) -> str:
        name, count = wanted, 1
        while self.has(name):
            count += 1
            name = f"{wanted[:58]}-{count}"
        return name

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"{name!r} cannot be the name of a conversation",
                hint="use letters, digits, and . _ - between them",
            )
        return self._folder / f"{name}.json"


def _read(found: Any, path: Path) -> Chat:
    if not isinstance(found, dict) or found.get("version") != VERSION:
        raise ConfigError(f"{path} is no conversation of this version of llmspell")
    fields: dict[str, Any] = {key: found.get(key) for key in _FIELDS}
    for key, kind in _FIELDS.items():
        if not isinstance(fields[key], kind):
            raise ConfigError(f"{path} is damaged: {key} is missing")
    if not all(isinstance(message, dict) for message in fields["messages"]):
        raise ConfigError(f"{path} is damaged: a message is no map")
    if not all(isinstance(tool, str) for tool in fields["tools"]):
        raise ConfigError(f"{path} is damaged: a tool has no name")
    tokens, cost = found.get("tokens"), found.get("cost")
    return Chat(
        path.stem,  # a copy under another name is a conversation of its own
        **fields,
        tokens=tokens if isinstance(tokens, int) else 0,
        cost=cost if isinstance(cost, float) else 0.0,
    )


def _mark(path: Path) -> tuple[int, int] | None:
    """Returns what another writing of a file changes; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
