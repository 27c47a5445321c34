"""What the editor's keys do while the engine is asked about an Enter."""

from __future__ import annotations

import asyncio

import pytest
from prompt_toolkit.application import Application
from prompt_toolkit.application.current import set_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.input import DummyInput
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import DummyOutput

from llmspell_cli.shell.keys import Enter, bindings


def test_the_terminals_answer_is_not_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_text: str) -> bool:
        return await asyncio.Future[bool]()

    async def type_fast() -> None:
        enter = Enter(never, lambda _text: "")
        keys = bindings(enter, lambda _text: False)
        app = Application[None](key_bindings=keys, input=DummyInput(), output=DummyOutput())
        rows: list[int] = []
        monkeypatch.setattr(app.renderer, "report_absolute_cursor_row", rows.append)
        with set_app(app):
            enter.pressed(Buffer())
            app.key_processor.feed(KeyPress("x"))
            app.key_processor.feed(KeyPress(Keys.CPRResponse, "\x1b[7;1R"))
            app.key_processor.process_keys()
            assert enter.holds
            assert rows == [7]
            enter.cancel()
            await app.cancel_and_wait_for_background_tasks()

    asyncio.run(type_fast())
