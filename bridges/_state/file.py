"""States kept in a file of the user's: JSON, one line a key, replaced as a whole."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from bridges import _io, _json
from bridges._errors import ConfigError, InvalidArgument, NotFound, TimeLimit
from bridges._permissions import KeptPath
from bridges._state.content import MAX_HISTORY, MAX_KEYS, Content, Entry, Head, StoreName
from bridges._state.turns import Turns
from bridges._state.values import MAX_DEPTH, plain_map
from bridges._state.whole import Whole

T = TypeVar("T")
FORM = 1
"""Of the file; a later form has a higher number."""
MAX_FILE = 64 * 1024 * 1024
PATIENCE = 30.0
"""Seconds until waiting for other processes is given up."""
_PAUSE = 0.005
_BUSY = object()


class FileStore:
    """One state in a file; processes that write it take turns, readers never wait."""

    name: StoreName = "file"

    def __init__(self, path: KeptPath) -> None:
        self._path = path
        self._shown = path.value
        self._turn = asyncio.Lock()
        self.turns = Turns()

    async def read(self, look: Callable[[Content], T]) -> T:
        return await asyncio.to_thread(lambda: look(self._load()))

    async def write(self, edit: Callable[[Content], T]) -> T:
        found: Any = await self._claimed(lambda: self._edit(edit))
        return found  # type: ignore[no-any-return]

    async def remove(self) -> bool:
        return bool(await self._claimed(self._remove))

    async def _claimed(self, work: Callable[[], Any]) -> Any:
        until = time.monotonic() + PATIENCE
        async with self._turn:
            while (found := await asyncio.to_thread(self._try, work)) is _BUSY:
                if time.monotonic() > until:
                    raise TimeLimit(
                        f"{self._shown!r} was in use by other processes for {PATIENCE:g} seconds",
                        hint="try again when they have ended",
                    )
                await asyncio.sleep(_PAUSE * random.uniform(0.2, 1.8))
        return found

    def _try(self, work: Callable[[], Any]) -> Any:
        with _io.claimed(self._path, self._shown) as mine:
            return work() if mine else _BUSY

    def _edit(self, edit: Callable[[Content], T]) -> T:
        whole = self._load()
        found = edit(whole)
        if whole.changed:
            text = "".join(lines(whole))
            _io.write_bytes(self._path, text.encode(), self._shown, lasting=True)
        return found

    def _remove(self) -> bool:
        was = self._load().head.revision > 0
        _io.write_bytes(self._path, b"", self._shown)
        return was

    def _load(self) -> Whole:
        try:
            data = _io.read_bytes(self._path, MAX_FILE, self._shown)
        except NotFound:
            return Whole()
        # A process that was killed before its first write leaves the file empty.
        return parse(data, self._shown) if data.strip() else Whole()


def lines(whole: Whole) -> Iterator[str]:
    """Yields the text of a file, piece by piece."""
    head = whole.head
    yield f'{{"llmspell_state": {FORM}, "version": {head.version}, "revision": {head.revision}, '
    yield f'"updated": {head.updated:.6f},\n"values": {{'
    comma = "\n"
    for key, value in sorted(whole.all().items()):
        yield f"{comma}{_text(key)}: {_text(value)}"
        comma = ",\n"
    yield '},\n"history": ['
    comma = "\n"
    for entry in reversed(whole.entries(MAX_HISTORY)):
        yield comma + _text(entry.as_data())
        comma = ",\n"
    yield "]}\n"


def parse(data: bytes, shown: str) -> Whole:
    """Returns what a file holds; raises ConfigError naming it for anything else."""
    try:
        found = _json.parse(data, repr(shown))
        if not isinstance(found, dict) or not isinstance(found.get("llmspell_state"), int):
            raise InvalidArgument(f"{shown!r} holds no state")
        if found["llmspell_state"] > FORM:
            raise ConfigError(f"{shown!r} was written by a newer llmspell", hint="use that one")
        if _deeper(found, MAX_DEPTH + 4):
            raise InvalidArgument(f"{shown!r} is nested too deeply")
        values = plain_map(found["values"], f"{shown!r}: values")
        if len(values) > MAX_KEYS:
            raise InvalidArgument(f"{shown!r} has more than {MAX_KEYS} keys")
        entries = [Entry.from_data(entry) for entry in found.get("history", ())]
        head = Head(int(found["version"]), int(found["revision"]), 0, 0, float(found["updated"]))
        return Whole(head, values, entries)
    except InvalidArgument as error:
        raise _damaged(error.message) from None
    except (KeyError, TypeError, ValueError, OverflowError):
        raise _damaged(f"{shown!r} is no complete state") from None


def _damaged(what: str) -> ConfigError:
    return ConfigError(
        f"a state's file is damaged: {what}",
        hint="put a good copy in its place, or move it away to begin anew",
    )


def _deeper(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        return depth <= 0 or any(_deeper(part, depth - 1) for part in value.values())
    if isinstance(value, list):
        return depth <= 0 or any(_deeper(part, depth - 1) for part in value)
    return False


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
