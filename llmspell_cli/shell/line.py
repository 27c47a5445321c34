"""A prompt for one-line commands, with history and completion: the debugger's."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import History
from prompt_toolkit.output import ColorDepth

from llmspell_cli.shell.paint import style

Complete = Callable[[str], Awaitable[tuple[int, list[str]]]]


class LinePrompt:
    """Reads commands from the terminal."""

    def __init__(self, prompt: str, complete: Complete, history: History, colour: bool) -> None:
        """complete: for the text before the cursor, how much of it a candidate replaces, and all"""
        self._session: PromptSession[str] = PromptSession(
            [("class:prompt", prompt)],
            style=style(),
            color_depth=ColorDepth.DEPTH_4_BIT if colour else ColorDepth.DEPTH_1_BIT,
            include_default_pygments_style=False,
            completer=_Candidates(complete),
            complete_while_typing=False,
            auto_suggest=AutoSuggestFromHistory(),
            history=history,
            search_ignore_case=True,
        )

    async def read(self) -> str:
        """Returns a line; KeyboardInterrupt and EOFError are Ctrl-C and Ctrl-D."""
        return await self._session.prompt_async(handle_sigint=False)


class _Candidates(Completer):
    def __init__(self, complete: Complete) -> None:
        self._complete = complete

    def get_completions(self, _document: Document, _event: CompleteEvent) -> Iterable[Completion]:
        return ()

    async def get_completions_async(
        self, document: Document, _event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        length, candidates = await self._complete(document.text_before_cursor)
        for candidate in candidates:
            yield Completion(candidate, -length)
