"""What keys do in the editor: Enter asks the engine, blocks are set in, Tab completes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from prompt_toolkit.application.current import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import (
    Condition,
    completion_is_selected,
    emacs_insert_mode,
    has_focus,
    vi_insert_mode,
)
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPress, KeyPressEvent
from prompt_toolkit.keys import Keys

HOLD = 0.3
"""Seconds for which keys wait for the engine's answer to Enter."""
PATIENCE = 5.0
"""Seconds after which the input is taken without it."""
STEP = "  "


class Enter:
    """Enter: evaluates input that is complete and starts a line in what is not.

    While the engine is asked, keys are held back, so that what is typed fast is not mixed up; an
    engine that is busy holds nobody up: then Enter is a new line, or waits where nothing follows.
    """

    def __init__(
        self,
        is_complete: Callable[[str], Awaitable[bool]],
        indent: Callable[[str], str],
    ) -> None:
        self._is_complete = is_complete
        self._indent = indent
        self._held: list[KeyPress] | None = None
        self._asking: asyncio.Task[None] | None = None

    @property
    def holds(self) -> bool:
        """Whether keys are held back."""
        return self._held is not None

    def pressed(self, buffer: Buffer) -> None:
        """Asks the engine whether the input is complete."""
        text = buffer.text
        if self._asking is not None:
            self._asking.cancel()
        if text[buffer.cursor_position :].strip() and "\n" in text:
            self.new_line(buffer)
            return
        self._held = []
        self._asking = get_app().create_background_task(self._ask(buffer, text))

    def hold(self, event: KeyPressEvent) -> None:
        """Keeps a key for later."""
        if self._held is not None:
            self._held.extend(event.key_sequence)

    def new_line(self, buffer: Buffer) -> None:
        """Starts a line, set in as the code before it wants."""
        buffer.insert_text("\n" + self._indent(buffer.document.text_before_cursor))

    def cancel(self) -> None:
        """Forgets a question that is under way."""
        self._held = None
        if self._asking is not None:
            self._asking.cancel()

    async def _ask(self, buffer: Buffer, text: str) -> None:
        asked = asyncio.ensure_future(self._answer(text))
        try:
            done, _ = await asyncio.wait([asked], timeout=HOLD)
            if not done:
                if self._held:
                    self.new_line(buffer)
                self._release()
                done, _ = await asyncio.wait([asked], timeout=PATIENCE)
            if buffer.text == text:
                if not done or asked.result():
                    buffer.cursor_position = len(text)
                    buffer.validate_and_handle()
                else:
                    buffer.cursor_position = len(text)
                    self.new_line(buffer)
        finally:
            asked.cancel()
            self._release()

    async def _answer(self, text: str) -> bool:
        return await self._is_complete(text)

    def _release(self) -> None:
        held, self._held = self._held, None
        if held:
            processor = get_app().key_processor
            processor.feed_multiple(held)
            if not get_app().is_done:
                processor.process_keys()


def _add_held(keys: KeyBindings, enter: Enter) -> None:
    """Adds what keys do while they are held back."""
    holds = Condition(lambda: enter.holds)

    @keys.add(Keys.Any, filter=holds, eager=True)
    def _(event: KeyPressEvent) -> None:
        enter.hold(event)

    # The terminal's own answer is no key: a prompt does not end before it has come.
    @keys.add(Keys.CPRResponse, filter=holds, eager=True)
    def _(event: KeyPressEvent) -> None:
        row, _column = event.data[2:-1].split(";")
        event.app.renderer.report_absolute_cursor_row(int(row))

    @keys.add("c-c", filter=holds, eager=True)
    def _(_event: KeyPressEvent) -> None:
        enter.cancel()


def bindings(enter: Enter, should_close: Callable[[str], bool]) -> KeyBindings:
    """Returns the keys of the editor."""
    keys = KeyBindings()
    editing = has_focus(DEFAULT_BUFFER)
    inserting = editing & (emacs_insert_mode | vi_insert_mode)
    at_indent = inserting & Condition(_is_at_indent)

    _add_held(keys, enter)

    @keys.add("enter", filter=editing & ~completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        enter.pressed(event.current_buffer)

    @keys.add("enter", filter=editing & completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None  # the one that is chosen stays

    @keys.add("escape", "enter", filter=editing)
    def _(event: KeyPressEvent) -> None:
        enter.new_line(event.current_buffer)

    @keys.add("tab", filter=at_indent)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(STEP)

    @keys.add("backspace", filter=at_indent & Condition(_can_set_out))
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.delete_before_cursor(len(STEP))

    @keys.add(Keys.BracketedPaste, filter=editing)
    def _(event: KeyPressEvent) -> None:
        data = event.data.replace("\r\n", "\n").replace("\r", "\n").replace("\t", STEP)
        event.current_buffer.insert_text(data.rstrip("\n") if _is_empty() else data)

    for char in "})]defl":
        keys.add(char, filter=inserting)(_closer(char, should_close))
    return keys


def _closer(char: str, should_close: Callable[[str], bool]) -> Any:
    def insert(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        buffer.insert_text(char * event.arg)
        document = buffer.document
        if not document.text_after_cursor.strip() and should_close(document.text_before_cursor):
            line = document.current_line_before_cursor
            buffer.delete_before_cursor(len(line))
            buffer.insert_text(line.removeprefix(STEP))

    return insert


def _is_at_indent() -> bool:
    return not get_app().current_buffer.document.current_line_before_cursor.strip()


def _can_set_out() -> bool:
    line = get_app().current_buffer.document.current_line_before_cursor
    return len(line) >= len(STEP)


def _is_empty() -> bool:
    return not get_app().current_buffer.text
