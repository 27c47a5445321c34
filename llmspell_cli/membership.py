"""Has runs join the session that the command line names, and notes how they ended."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridges._session import Session


def join(run: Session, name: str) -> None:
    """Has a run join the user's session of a name; raises InvalidArgument for what is no name."""
    from bridges._sessions.joining import join_named

    _wait_for(join_named(run, name))


def note_end(run: Session) -> Callable[[int], int]:
    """Returns what notes how a run ended where it has joined a session, and gives the code on."""

    def step(code: int) -> int:
        # Imported only where the run has joined a session.
        if "bridges._sessions.joining" in sys.modules:
            from bridges._sessions.joining import leave

            _wait_for(leave(run, code))
        return code

    return step


def share(run: Session, other: Session) -> None:
    """Has a run be in the same session as another one, which is noted for both."""
    from bridges._joined import Joined

    joined, theirs = run.shared(Joined), other.shared(Joined)
    joined.number = joined.flagged = theirs.flagged


def _wait_for(work: Coroutine[Any, Any, None]) -> None:
    """Does work that needs an event loop, whether or not there is one that runs here."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, "llmspell-session") as thread:
        thread.submit(asyncio.run, work).result()
