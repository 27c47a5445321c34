"""A REPL's bench for tests, with everything it says at hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from bridges._errors import SpellError
from engines._output import Output
from llmspell_cli.invocation import Invocation
from llmspell_cli.repl.bench import Bench
from llmspell_cli.repl.face import PlainFace
from llmspell_cli.request import request_of
from tests.cli.worlds import make_world

T = TypeVar("T")


class Listener(PlainFace):
    """Keeps what is said: `shown`, `notes`, `errors`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(make_world(folder), quiet=False, verbose=False)
        self.printed = (folder / "printed").open("wb")
        self.output = Output(self.printed.fileno())
        self.shown: list[str] = []
        self.notes: list[str] = []
        self.errors: list[SpellError] = []

    def show(self, text: str) -> None:
        self.shown.append(text)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def failed(self, error: SpellError, folder: Path | None = None) -> None:
        self.errors.append(error)


def on_bench(
    folder: Path, language: str, work: Callable[[Bench, Listener], Awaitable[T]], **options: Any
) -> T:
    """Returns what work with a bench gives; the engines end with it."""
    face = Listener(folder)
    request = request_of({"model": "test:echo", **options})

    async def run() -> T:
        bench = Bench(Invocation(face.world), request, face, language)
        try:
            await bench.use(language)
            return await work(bench, face)
        finally:
            await bench.close()

    try:
        return asyncio.run(run())
    finally:
        face.printed.close()
