"""A REPL at a terminal: reads, evaluates, shows, until the user leaves."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

from bridges._errors import SpellError
from engines.languages import LANGUAGES
from llmspell_cli.repl import dots
from llmspell_cli.repl.bench import NAMES, Bench
from llmspell_cli.repl.indent import indent_after, should_close
from llmspell_cli.repl.project import history_of, usage_line, warm_up_soon
from llmspell_cli.repl.start import ENDING, Wishes, language_of, prepare, signals
from llmspell_cli.repl.suggest import Hint, Suggester, Suggestion

if TYPE_CHECKING:
    from llmspell_cli.invocation import Invocation
    from llmspell_cli.shell.editor import Editor
    from llmspell_cli.shell.screen import TerminalFace

PROMPTS = {"lua": "lua> ", "javascript": "js> "}


async def converse(invocation: Invocation, wishes: Wishes) -> int:
    """Runs the REPL and returns the exit code."""
    from llmspell_cli.shell.screen import TerminalFace

    face = TerminalFace(invocation.world, quiet=invocation.quiet, verbose=invocation.verbose)
    bench = Bench(replace(invocation, world=face.world), wishes.request, face, language_of(wishes))
    task = asyncio.ensure_future(_Loop(bench, face, wishes).run())
    with signals(task.cancel, ENDING):
        try:
            return await task
        except asyncio.CancelledError:
            return 130
        finally:
            await bench.close()


class _Loop:
    """The loop of a REPL at a terminal; it is the editor's helper as well."""

    def __init__(self, bench: Bench, face: TerminalFace, wishes: Wishes) -> None:
        self._bench = bench
        self._face = face
        self._wishes = wishes
        self._suggester = Suggester(bench)
        self._editors: dict[str, Editor] = {}
        self._is_warm = False

    async def run(self) -> int:
        """Reads and evaluates until the user leaves; returns the exit code."""
        # All the time: Ctrl-C may come just as an evaluation ends.
        with signals(self._interrupt, (signal.SIGINT,)):
            return await self._run()

    async def _run(self) -> int:
        bench, face = self._bench, self._face
        await bench.use(bench.language)
        self._editor()  # its imports, while the engine starts
        await prepare(bench, self._wishes)
        if bench.left is None:
            from llmspell_cli import __version__

            face.note(f"llmspell {__version__}, {NAMES[bench.language]}; .help lists the commands")
        while bench.left is None:
            try:
                text = await self._read()
            except KeyboardInterrupt:
                if not self._editor().left_over:
                    face.note("Ctrl-D or .exit leaves")
                continue
            except EOFError:
                return 0
            await self._take(text)
        return bench.left

    async def _read(self) -> str:
        editor = self._editor()
        self._face.entries = editor.history.typed()
        default, self._face.next = self._face.next, None
        if not self._is_warm:
            self._is_warm = True
            warm_up_soon()
        return await editor.read(default or "", editing=default is not None)

    async def _take(self, text: str) -> None:
        if not text.strip():
            return
        if dots.is_command(text):
            await dots.run(self._bench, text)
        else:
            await self._bench.evaluate(text)

    def _editor(self) -> Editor:
        """Returns the editor of the language in use."""
        language = self._bench.language
        if language not in self._editors:
            from llmspell_cli.shell.editor import Editor, Look

            world = self._bench.invocation.world
            look = Look(
                PROMPTS[language],
                language,
                LANGUAGES[language].suffixes[0],
                self._wishes.vi,
                self._face.colour,
            )
            history = history_of(world, self._bench.seed.models, language)
            self._editors[language] = Editor(look, self, history, self._face.screen)
        return self._editors[language]

    def _interrupt(self) -> None:
        self._face.screen.disturbed()
        self._bench.interrupt()

    # -- the editor's questions

    async def is_complete(self, text: str) -> bool:
        """Tells whether input can be evaluated; what is wrong can, and fails."""
        if not text.strip() or dots.is_command(text):
            return True
        try:
            found = await self._bench.engine.conversation.ask("check", source=text)
        except SpellError:
            return True
        return found.get("state") != "incomplete"

    async def suggest(self, text: str) -> list[Suggestion]:
        """Returns how the input before the cursor may go on."""
        return await self._suggester.suggest(text)

    async def hint(self, text: str) -> Hint | None:
        """Returns the function that is called at the cursor."""
        return await self._suggester.hint(text)

    def indent(self, text: str) -> str:
        """Returns what a line after `text` begins with."""
        return indent_after(text, self._bench.language)

    def should_close(self, before: str) -> bool:
        """Tells whether the line up to the cursor ends a block and is set in too far."""
        return should_close(before, self._bench.language)

    def status(self) -> tuple[str, str]:
        """Returns the engine, and model, tokens and cost so far."""
        return self._bench.language, usage_line(self._bench.seed)
