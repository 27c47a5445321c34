"""Asks a worker what it is, or whether code has a syntax error, without running a spell."""

from __future__ import annotations

import json
import os
import select
from time import monotonic
from typing import Any

from bridges._errors import SpellError, WorkerCrashed, from_map
from engines._codec import plain
from engines._process import Worker
from engines._protocol import DONE, FAIL, READY, START, Decoder, Frame, pack

PATIENCE = 10.0
"""Seconds a worker has to answer."""


def probe(language: str) -> dict[str, Any]:
    """Returns `version` (of the engine) and `active`, the hardening in force in a worker."""
    answer = _ask(language, {"source": "", "name": "probe", "form": "probe"}, (READY, 1))
    found: dict[str, Any] = json.loads(answer.payload)
    return found


def check(language: str, source: str, name: str) -> SpellError | None:
    """Returns the syntax error of a spell, or None; nothing of it is run."""
    answer = _ask(language, {"source": source, "name": name, "form": "check"}, (DONE, 0), (FAIL, 0))
    if answer.kind == DONE:
        return None
    return from_map(plain(language).decode(answer.payload))


def _ask(language: str, config: dict[str, Any], *wanted: tuple[int, int]) -> Frame:
    limits = {"memory": 64 * 1024 * 1024, "cpu": PATIENCE}
    text = json.dumps({**config, **limits}).encode()
    values = plain(language).encode({"params": {}, "args": [], "spell": {}})
    worker = Worker.start(language)
    try:
        os.set_blocking(worker.fd, True)
        os.write(worker.fd, pack(START, 0, len(text).to_bytes(4, "little") + text + values))
        return _wait(worker.fd, wanted)
    finally:
        worker.end()


def _wait(fd: int, wanted: tuple[tuple[int, int], ...]) -> Frame:
    decoder = Decoder()
    deadline = monotonic() + PATIENCE
    while select.select([fd], [], [], max(0.0, deadline - monotonic()))[0]:
        data = os.read(fd, 1 << 16)
        if not data:
            break
        for frame in decoder.feed(data):
            if (frame.kind, frame.id) in wanted:
                return frame
    raise WorkerCrashed("the script engine did not start", hint="llmspell info may tell more")
