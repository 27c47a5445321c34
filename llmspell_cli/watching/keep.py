"""`--watch-keep-state`: evaluates the spell again and again in one living engine."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from bridges._errors import SpellError
from engines._conversation import Conversation, Evaluated
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from llmspell_cli import cast, program
from llmspell_cli.hints import add_hint
from llmspell_cli.manifest import Manifest
from llmspell_cli.present import present
from llmspell_cli.program import Spell
from llmspell_cli.watching import _reads
from llmspell_cli.watching._changes import Changes
from llmspell_cli.watching._watched import ENDING, Watched, descriptor, is_closed, watching
from llmspell_cli.watching.notify import Notifier

if TYPE_CHECKING:
    from bridges._session import Session
    from llmspell_cli.request import Request

DEPTH, WIDTH = 6, 100
"""Levels and columns of a value that is shown."""


class Keeper:
    """Watches one spell; globals live on from run to run.

    What cannot be changed in a living engine begins a new one, and that is said: the configuration,
    the manifest, a module.
    """

    def __init__(self, watched: Watched, request: Request) -> None:
        self._watched = watched
        self._world = watched.invocation.world
        self._request = request
        self._changes = Changes(watched)
        self._output = Output(descriptor(self._world.stdout) or 1)
        self._conversation: Conversation | None = None
        self._session: Session | None = None
        self._kept: tuple[str, Manifest] | None = None
        self._task: asyncio.Task[str] | None = None
        self._count = 0
        self._began = 0.0
        self._why = ""
        self._told: list[tuple[str, str]] = []
        self._modules: set[str] = {str(path) for path in watched.always}
        self._news = asyncio.Event()
        self._at_files = self._ending = self._closed = self._interrupted = False

    def watch(self) -> int:
        """Evaluates the spell again and again; returns the exit code once told to end."""
        _reads.listen(lambda kind, path: self._told.append((kind, path)))
        # Not asyncio.run: it waits for threads, and one may be blocked on a terminal for ever.
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(self._serve())
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
        return self._watched.end(closed=self._closed)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self._on_signal)
        notifier = Notifier(lambda: _call(loop, self._on_change))
        try:
            self._start()
            while not (self._ending or self._closed):
                self._take_reads()
                notifier.listen(self._changes.files.folders())
                await self._news.wait()
                self._news.clear()
                self._look()
            await self._stop()
        finally:
            notifier.stop()
            await self._close()

    # -- what has happened

    def _on_signal(self) -> None:
        self._ending = True
        self._news.set()

    def _on_change(self) -> None:
        self._at_files = True
        self._news.set()

    def _look(self) -> None:
        self._take_reads()
        if self._task is not None and self._task.done():
            self._report(self._task)
        if self._at_files:
            self._at_files = False
            self._closed = is_closed(self._world)
            self._changes.look()
        if self._task is not None and self._changes.pending:
            self._interrupt()
        elif self._task is None and self._changes.call_for_a_run:
            self._start()

    def _take_reads(self) -> None:
        told, self._told = self._told, []
        for kind, path in told:
            if self._changes.note(kind, path) and kind == _reads.MODULE:
                self._modules.add(path)

    # -- runs

    def _start(self) -> None:
        changed = self._changes.begin()
        if changed is None:
            return
        self._count += 1
        fresh = not self._modules.isdisjoint(changed)
        self._why = self._watched.begin(changed)
        self._began = monotonic()
        self._task = asyncio.create_task(self._evaluate(fresh))
        self._task.add_done_callback(lambda _: self._news.set())

    async def _evaluate(self, fresh: bool) -> str:
        """Evaluates the spell as it is now; returns how that ended, for the line about it.

        fresh: in a new engine
        """
        folder = None
        try:
            spell = program.find(self._world, self._watched.written, self._request.engine)
            folder = spell.folder
            conversation = await self._engine_for(spell, fresh)
            assert self._session is not None
            found = await conversation.evaluate(
                spell.source,
                spell.file_name,
                depth=DEPTH,
                width=WIDTH,
                seconds=self._session.limits.timeout,
            )
            if found.error is not None:
                raise add_hint(found.error, spell)
            return self._told_of(found)
        except SpellError as error:
            invocation = self._watched.invocation
            self._world.err(present(error, self._world, verbose=invocation.verbose, folder=folder))
            lost = self._conversation is not None and not self._conversation.alive
            return f"exit code {error.exit_code} …" + ("; its globals are lost" if lost else "")

    async def _engine_for(self, spell: Spell, fresh: bool) -> Conversation:
        kept = spell.language.name, spell.manifest
        if self._conversation is not None:
            if self._conversation.alive and not fresh and kept == self._kept:
                # What the last run left in the background is not to go on beside this one; where
                # that run was interrupted, so was the rest.
                if not self._interrupted:
                    self._conversation.interrupt()
                self._interrupted = False
                return self._conversation
            if self._conversation.alive:
                self._watched.say("this takes a new engine: globals are lost")
            await self._close()
        cast.preload_models(spell)
        session = cast.session(self._watched.invocation, spell, self._request, self._output)
        modules = Modules(spell.language.name, spell.folder, session.grants)
        worker = Worker.start(spell.language.name)
        self._conversation = Conversation(worker, session, modules, self._output)
        self._session, self._kept = session, kept
        await self._conversation.start()
        return self._conversation

    def _told_of(self, found: Evaluated) -> str:
        if found.exit_code is not None:
            return f"exit code {found.exit_code} …; exit() ended the engine, its globals are lost"
        if found.text is not None:
            self._output.write(f"{found.text}\n".encode())
        return "exit code 0 …; globals are kept"

    def _interrupt(self) -> None:
        if self._conversation is not None and self._conversation.alive:
            self._interrupted = True
            self._conversation.interrupt()

    def _report(self, task: asyncio.Task[str]) -> None:
        self._task = None
        self._changes.end()
        how = f"{task.result()}; {watching(self._changes.files)}"
        how = "stopped …" if self._changes.pending else how
        self._watched.ended(self._count, self._why, how, monotonic() - self._began)

    async def _stop(self) -> None:
        """Ends the run under way, if there is one."""
        if self._task is not None:
            self._interrupt()
            await asyncio.wait([self._task])

    async def _close(self) -> None:
        if self._conversation is not None:
            await self._conversation.close()
        self._conversation = None


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(function)
    except RuntimeError:
        pass  # the loop is closed: the watching has ended
