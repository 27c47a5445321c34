"""The line editor of REPL and chat: prompt, colours, completion menu, signature, status line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.application.current import get_app_or_none
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.processors import HighlightMatchingBracketProcessor
from prompt_toolkit.lexers import Lexer, PygmentsLexer
from prompt_toolkit.output import ColorDepth

from llmspell_cli.repl.suggest import Hint, Suggestion
from llmspell_cli.shell.history import ProjectHistory
from llmspell_cli.shell.keys import Enter, bindings
from llmspell_cli.shell.paint import LEXERS, style
from llmspell_cli.shell.screen import Screen

LEAST = 2
"""Letters of a word before the menu opens by itself."""
MENU = 8
"""Lines kept free for the menu."""


class Helper(Protocol):
    """What the editor asks about the input."""

    async def is_complete(self, text: str) -> bool:
        """Tells whether input can be evaluated."""
        ...

    async def suggest(self, text: str) -> list[Suggestion]:
        """Returns how the input before the cursor may go on."""
        ...

    async def hint(self, text: str) -> Hint | None:
        """Returns the function that is called at the cursor."""
        ...

    def indent(self, text: str) -> str:
        """Returns what a line after `text` begins with."""
        ...

    def should_close(self, before: str) -> bool:
        """Tells whether the line up to the cursor ends a block and is set in too far."""
        ...

    def status(self) -> tuple[str, str]:
        """Returns the bottom line: what is used, and the rest."""
        ...


@dataclass(frozen=True)
class Look:
    """What an editor looks and feels like.

    prompt: what stands before the input; language: whose colours it has, or empty
    suffix: of the file that an external editor is given; vi: whether keys are those of vi
    """

    prompt: str
    language: str
    suffix: str
    vi: bool
    colour: bool


class Editor:
    """Reads what the user types."""

    def __init__(self, look: Look, helper: Helper, history: ProjectHistory, screen: Screen) -> None:
        self._helper = helper
        self._screen = screen
        self._prompt = look.prompt
        self._hint: Hint | None = None
        self._hinting: asyncio.Task[None] | None = None
        self.history = history
        self.left_over = ""
        """What stood there when the input was given up by Ctrl-C."""
        enter = Enter(helper.is_complete, helper.indent)
        self._session: PromptSession[str] = PromptSession(
            self._prompt_text,
            multiline=True,
            prompt_continuation=self._continuation,
            lexer=self._lexer(look.language),
            style=style(),
            color_depth=ColorDepth.DEPTH_4_BIT if look.colour else ColorDepth.DEPTH_1_BIT,
            include_default_pygments_style=False,
            completer=_Menu(helper),
            complete_while_typing=True,
            reserve_space_for_menu=MENU,
            auto_suggest=AutoSuggestFromHistory(),
            history=history,
            key_bindings=bindings(enter, helper.should_close),
            input_processors=[HighlightMatchingBracketProcessor(chars="[](){}")],
            bottom_toolbar=self._toolbar,
            editing_mode=EditingMode.VI if look.vi else EditingMode.EMACS,
            enable_open_in_editor=True,
            enable_suspend=True,
            search_ignore_case=True,
            tempfile_suffix=look.suffix,
        )
        self._session.default_buffer.on_text_changed += self._changed
        self._session.default_buffer.on_cursor_position_changed += self._changed

    async def read(self, default: str = "", *, editing: bool = False) -> str:
        """Returns the next input; KeyboardInterrupt and EOFError are Ctrl-C and Ctrl-D.

        default: what stands there already; editing: whether an external editor opens with it
        """
        self._hint = None
        self.left_over = ""
        with self._screen.below():
            try:
                return await self._session.prompt_async(
                    default=default,
                    pre_run=self._open_editor if editing else None,
                    handle_sigint=False,  # who reads has its own handler
                )
            except KeyboardInterrupt:
                self.left_over = self._session.default_buffer.text
                raise

    def redraw(self) -> None:
        """Draws the status line anew, where a prompt is shown."""
        app = get_app_or_none()
        if app is not None:
            app.invalidate()

    def _open_editor(self) -> None:
        self._session.default_buffer.open_in_editor()

    def _lexer(self, language: str) -> Lexer | None:
        found = LEXERS.get(language)
        return _Commands(PygmentsLexer(found)) if found else None

    def _prompt_text(self) -> StyleAndTextTuples:
        return [("class:prompt", self._prompt)]

    def _continuation(self, width: int, _line: int, _wrapped: int) -> StyleAndTextTuples:
        return [("class:prompt.more", "… ".rjust(width))]

    def _toolbar(self) -> StyleAndTextTuples:
        first, rest = self._helper.status()
        line: StyleAndTextTuples = [
            ("class:bottom-toolbar.engine", f" {first} "),
            ("class:bottom-toolbar", f" {rest}"),
        ]
        if self._hint is None:
            return line
        before, _, after = self._hint.signature.partition("‹")
        now, _, after = after.partition("›")
        return [
            ("class:signature", f" {before}"),
            ("class:signature.now", now),
            ("class:signature", after),
            ("class:signature.doc", f"  {self._hint.doc}\n"),
            *line,
        ]

    def _changed(self, buffer: Buffer) -> None:
        if self._hinting is not None:
            self._hinting.cancel()
        app = get_app_or_none()
        if app is not None and app.is_running:
            self._hinting = app.create_background_task(self._find_hint(buffer))

    async def _find_hint(self, buffer: Buffer) -> None:
        found = await self._helper.hint(buffer.document.text_before_cursor)
        if found != self._hint:
            self._hint = found
            self.redraw()


class _Menu(Completer):
    """The completion menu: by itself behind a dot, in quotes, and from the second letter on."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    def get_completions(self, _document: Document, _event: CompleteEvent) -> Iterable[Completion]:
        """Yields nothing: the helper's answers are awaited."""
        return ()

    async def get_completions_async(
        self, document: Document, event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """Yields what the input may go on to."""
        text = document.text_before_cursor
        for found in await self._helper.suggest(text):
            typed = text[len(text) - found.back :] if found.back else ""
            if event.text_inserted and (found.text == typed or _is_early(text, found.back)):
                continue
            yield Completion(
                found.text, -found.back, display=found.label, display_meta=_short(found.about)
            )


def _is_early(text: str, back: int) -> bool:
    before = text[len(text) - back - 1 : len(text) - back]
    return back < LEAST and before not in tuple(".:'\"/{,([") and not text.startswith(".")


def _short(about: str) -> str:
    return about if len(about) <= 60 else about[:59] + "…"


class _Commands(Lexer):
    """Colours code, but not dot commands."""

    def __init__(self, code: Lexer) -> None:
        self._code = code

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """Returns what gives the coloured text of a line."""
        if document.text.startswith("."):
            return lambda number: [("class:command", document.lines[number])]
        found: Any = self._code.lex_document(document)
        return found  # type: ignore[no-any-return]
