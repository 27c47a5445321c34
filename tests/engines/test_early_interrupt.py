"""An interrupt that comes before the worker listens ends the spell, not the worker."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridges._errors import Cancelled
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from engines._program import Program
from engines._protocol import INTERRUPT_SIGNAL
from engines._run import Run
from tests.sessions import make_session

LOOPS = {"lua": "while true do end", "javascript": "for (;;);"}


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
