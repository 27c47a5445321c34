"""The errors of a run that went over a limit."""

from __future__ import annotations

from bridges._errors import LimitExceeded, SpellError, TimeLimit
from bridges._session import Limits


def time_limit(limits: Limits) -> SpellError:
    """Returns the error of a run that took too long."""
    return TimeLimit(
        f"the spell ran longer than its time limit of {limits.timeout:g} s",
        hint="raise timeout under [limits], or pass --timeout",
        retryable=False,
    )


def cpu_limit(limits: Limits) -> SpellError:
    """Returns the error of a run that computed too long."""
    return TimeLimit(
        f"the spell used up its {limits.cpu:g} s of processor time",
        hint="raise cpu under [limits], or pass --cpu",
        retryable=False,
    )


def memory_limit(limits: Limits) -> SpellError:
    """Returns the error of a run that kept too much."""
    size = limits.memory / 1024**2
    written = f"{size:.0f} MB" if size >= 1 else f"{limits.memory} bytes"
    return LimitExceeded(
        f"the spell used more memory than its limit of {written}",
        hint="keep less at a time, raise memory under [limits], or pass --memory",
    )
