"""How runs end: what the worker's last words, its death or a stop mean to the user."""

from __future__ import annotations

import signal

from bridges._errors import InternalError, SpellError, WorkerCrashed
from bridges._session import Session
from engines._limits import cpu_limit, memory_limit
from engines._process import Worker
from engines._program import Outcome


def death(worker: Worker, session: Session, stop: SpellError | None) -> Outcome:
    """Returns how a run ended whose worker is gone; stop: why it was being stopped."""
    status = worker.bury()
    if stop is not None:
        return Outcome(error=stop)
    if status == -signal.SIGXCPU or worker.cpu >= session.limits.cpu:
        return Outcome(error=cpu_limit(session.limits))
    what = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    return Outcome(
        error=WorkerCrashed(
            f"the script engine crashed ({what})",
            hint="nothing of the host is lost; please report the spell that did it",
        )
    )


def failure(error: SpellError, session: Session, stop: SpellError | None) -> SpellError:
    """Turns an interrupted spell's answer into what it was interrupted for."""
    if error.details.get("reason") == "cpu" and stop is None:
        stopped = cpu_limit(session.limits)
    elif stop is not None:
        stopped = stop
    elif error.details.get("limit") == "memory":
        stopped = memory_limit(session.limits)
    else:
        return error
    stopped.traceback = error.traceback
    return stopped


def broken(trace: str, session: Session) -> SpellError:
    """Returns the error of a worker that failed itself; trace: its Python traceback."""
    session.log.write("debug", trace)
    reason = (trace.strip().splitlines() or ["no reason given"])[-1]
    if reason.partition(":")[0].endswith("MemoryError"):
        return memory_limit(session.limits)
    return InternalError(
        f"the script engine failed: {reason}",
        hint="this is a defect in llmspell; run again with --verbose and report it",
    )
