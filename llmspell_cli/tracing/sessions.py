"""Follows what has no end of its own: debugged runs, REPLs and chats, closed with their session."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bridges._errors import Cancelled, SpellError

if TYPE_CHECKING:
    from bridges._session import Session
    from llmspell_cli.invocation import Invocation
    from llmspell_cli.tracing.follow import Follower


class Turn:
    """One input of a REPL or a chat; error: what it failed with"""

    def __init__(self) -> None:
        self.error: SpellError | None = None


class Turns:
    """The inputs of a REPL or a chat, each a trace of its own where they are followed."""

    def __init__(self, invocation: Invocation, session: Session, file: str | None) -> None:
        """Raises ConfigError for a file or an address that is none.

        session: what the inputs use; with it ends the following
        """
        self._follower = _follower(invocation, session, file)
        if self._follower is not None:
            follower = self._follower

            async def close() -> None:
                await asyncio.to_thread(follower.close)

            session.on_close(close)

    def join(self, session: Session) -> None:
        """Has the inputs use another session as well, from its beginning on."""
        if self._follower is not None:
            self._follower.join(session)

    @contextmanager
    def turn(self, name: str, attributes: Mapping[str, Any]) -> Iterator[Turn]:
        """Has what happens inside be an input."""
        turn = Turn()
        if self._follower is None:
            yield turn
            return
        from bridges._tracing import words_of

        with self._follower.turn(name, attributes) as root:
            yield turn
            if turn.error is not None:
                root.error = words_of(turn.error)


def follow_to_the_end(invocation: Invocation, run: Session, file: str | None) -> None:
    """Has a run that is about to begin be followed until its session is closed.

    Raises ConfigError for a file or an address that is none.
    """
    follower = _follower(invocation, run, file)
    if follower is None:
        return

    async def end() -> None:
        code = Cancelled.exit_code if run.exit_code is None else run.exit_code
        await asyncio.to_thread(follower.end, code)

    run.on_close(end)


def _follower(invocation: Invocation, run: Session, file: str | None) -> Follower | None:
    if not file and not invocation.load_config().names_collector(run.environ):
        return None
    from llmspell_cli.tracing.follow import Follower

    return Follower(invocation, run, file)
