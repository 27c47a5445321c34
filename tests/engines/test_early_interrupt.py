"""Interrupts that come early: before the worker listens, before the host has an event loop."""

from __future__ import annotations

import asyncio
import math
import os
import signal
from pathlib import Path

import pytest

from bridges._errors import Cancelled
from bridges._session import Limits
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from engines._program import Program
from engines._protocol import INTERRUPT_SIGNAL
from engines._run import Run
from tests.casting import cast
from tests.sessions import make_session

LOOPS = {"lua": "while true do end", "javascript": "for (;;);"}
WAITS = {"lua": "Event.wait_for('never')", "javascript": "await Event.waitFor('never')"}


@pytest.mark.parametrize("language", LOOPS)
def test_an_interrupt_before_the_worker_listens_is_kept(language: str, tmp_path: Path) -> None:
    session = make_session(tmp_path)
    with open(os.devnull, "wb") as null:
        worker = Worker.start(language)
        worker.interrupt()
        modules = Modules(language, tmp_path, session.grants)
        run = Run(worker, session, modules, Output(null.fileno()))
        stop = Cancelled("interrupted")
        run._stop = stop
        outcome = run.execute(Program(LOOPS[language], "spell", "file"))
    assert outcome.error is stop
    assert worker.bury() != -INTERRUPT_SIGNAL


@pytest.mark.parametrize("language", WAITS)
def test_a_signal_before_there_is_an_event_loop_is_heard(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = asyncio.new_event_loop

    def new_event_loop() -> asyncio.AbstractEventLoop:
        signal.raise_signal(signal.SIGTERM)
        return make()

    monkeypatch.setattr(asyncio, "new_event_loop", new_event_loop)
    session = make_session(tmp_path, limits=Limits(timeout=math.inf))
    outcome, _ = cast(language, WAITS[language], session)
    assert isinstance(outcome.error, Cancelled)
