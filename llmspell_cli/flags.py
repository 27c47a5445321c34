"""Gives a command the flags that `llmspell run` declares, so that each is declared once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

KINDS = ("read", "write", "net", "env", "run")
SHARED = (
    *("engine", "model", "timeout", "cpu", "memory", "output_limit", "calls"),
    *("max_cost", "max_tokens", "max_requests", "security"),
    *(f"allow_{kind}" for kind in KINDS),
    *(f"deny_{kind}" for kind in KINDS),
    *("log_level", "config", "quiet", "verbose"),
)
"""What every command takes that lets code run: engine, model, limits, budget, permissions."""


def with_flags(command: F) -> F:
    """Gives a command that has `**options` the shared flags as options; to be used as decorator."""
    return with_flags_but()(command)


def with_flags_but(*left_out: str) -> Callable[[F], F]:
    """Returns a decorator as `with_flags` that leaves some of the flags out."""
    from llmspell_cli.commands.run import run

    def decorate(command: F) -> F:
        own = [
            parameter
            for parameter in inspect.signature(command, eval_str=True).parameters.values()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        names = {*left_out, *(parameter.name for parameter in own)}
        declared = inspect.signature(run, eval_str=True).parameters
        more = [declared[name] for name in SHARED if name not in names]
        command.__signature__ = inspect.Signature([*own, *more])  # type: ignore[attr-defined]
        return command

    return decorate
