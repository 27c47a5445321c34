"""What a worker runs, and how that ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bridges._errors import SpellError


@dataclass(frozen=True)
class Program:
    """What a worker runs.

    source: its text; name: what tracebacks call it; form: `file`, `eval`, `check` or `repl`
    args: positional arguments
    options: of a debugger or a profiler, for the START frame (see docs/protocol.md)
    """

    source: str
    name: str
    form: str
    args: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a run ended: with a value, an error, or the exit code the spell chose."""

    value: Any = None
    error: SpellError | None = None
    exit_code: int | None = None
