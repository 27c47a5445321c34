"""The flags that every command takes which lets code run, each declared once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

import typer

from llmspell_cli.options import ConfigFile, Quiet, Verbose

F = TypeVar("F", bound=Callable[..., Any])
LIMITS, BUDGET, PERMISSIONS = "Limits", "Budget", "Permissions"
Engine = Annotated[
    str | None, typer.Option("--engine", "-e", metavar="NAME", help="lua or javascript.")
]
Model = Annotated[
    str | None, typer.Option("--model", "-m", metavar="NAME", help="The default model.")
]


def complete_session(ctx: typer.Context, incomplete: str) -> list[str]:
    """Returns the names of sessions that begin so, for the shell."""
    from llmspell_cli.kept import session_names

    return session_names(ctx.find_root().obj, incomplete)


JoinSession = Annotated[
    str | None,
    typer.Option(
        "--session",
        metavar="NAME",
        help="Join this session: what is kept in it is shared.",
        autocompletion=complete_session,
    ),
]
LogLevel = Annotated[
    str | None,
    typer.Option("--log-level", metavar="LEVEL", help="trace, debug, info, warn or error."),
]


def _limit(flag: str, metavar: str, text: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=text, rich_help_panel=LIMITS)


Timeout = Annotated[str | None, _limit("--timeout", "TIME", "Wall clock, such as 30s or 5m.")]
Cpu = Annotated[str | None, _limit("--cpu", "TIME", "Processor time.")]
Memory = Annotated[str | None, _limit("--memory", "SIZE", "The engine's heap, such as 128MB.")]
OutputLimit = Annotated[str | None, _limit("--output-limit", "SIZE", "What may be printed.")]
Calls = Annotated[int | None, _limit("--calls", "N", "Host calls in all.")]


def _budget(flag: str, metavar: str, text: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=text, rich_help_panel=BUDGET)


MaxCost = Annotated[str | None, _budget("--max-cost", "USD", "What model calls may cost.")]
MaxTokens = Annotated[int | None, _budget("--max-tokens", "N", "Tokens, in and out.")]
MaxRequests = Annotated[int | None, _budget("--max-requests", "N", "Model requests.")]


def _allow(flag: str, metavar: str, text: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=text, rich_help_panel=PERMISSIONS)


SecurityProfile = Annotated[
    str | None, _allow("--security", "NAME", "high, medium, low, none, or one of your own.")
]
AllowRead = Annotated[list[str] | None, _allow("--allow-read", "PATH", "Files to read.")]
AllowWrite = Annotated[list[str] | None, _allow("--allow-write", "PATH", "Files to write.")]
AllowNet = Annotated[list[str] | None, _allow("--allow-net", "HOST", "Hosts to reach.")]
AllowEnv = Annotated[list[str] | None, _allow("--allow-env", "NAME", "Variables to read.")]
AllowRun = Annotated[list[str] | None, _allow("--allow-run", "PROGRAM", "Programs to start.")]
AllowState = Annotated[
    list[str] | None, _allow("--allow-state", "global", "States that all spells share.")
]
DenyRead = Annotated[list[str] | None, _allow("--deny-read", "PATH", "Never read these.")]
DenyWrite = Annotated[list[str] | None, _allow("--deny-write", "PATH", "Never write these.")]
DenyNet = Annotated[list[str] | None, _allow("--deny-net", "HOST", "Never reach these.")]
DenyEnv = Annotated[list[str] | None, _allow("--deny-env", "NAME", "Never read these.")]
DenyRun = Annotated[list[str] | None, _allow("--deny-run", "PROGRAM", "Never start these.")]
DenyState = Annotated[
    list[str] | None, _allow("--deny-state", "global", "No states that all spells share.")
]

FLAGS: dict[str, tuple[Any, Any]] = {
    "engine": (Engine, None),
    "model": (Model, None),
    "timeout": (Timeout, None),
    "cpu": (Cpu, None),
    "memory": (Memory, None),
    "output_limit": (OutputLimit, None),
    "calls": (Calls, None),
    "max_cost": (MaxCost, None),
    "max_tokens": (MaxTokens, None),
    "max_requests": (MaxRequests, None),
    "security": (SecurityProfile, None),
    "allow_read": (AllowRead, None),
    "allow_write": (AllowWrite, None),
    "allow_net": (AllowNet, None),
    "allow_env": (AllowEnv, None),
    "allow_run": (AllowRun, None),
    "allow_state": (AllowState, None),
    "deny_read": (DenyRead, None),
    "deny_write": (DenyWrite, None),
    "deny_net": (DenyNet, None),
    "deny_env": (DenyEnv, None),
    "deny_run": (DenyRun, None),
    "deny_state": (DenyState, None),
    "session": (JoinSession, None),
    "log_level": (LogLevel, None),
    "config": (ConfigFile, None),
    "quiet": (Quiet, False),
    "verbose": (Verbose, False),
}
"""Each flag by the name of its parameter: its type, and its value where it is not given."""


def with_flags(command: F) -> F:
    """Gives a command that has `**options` the flags as options; to be used as a decorator."""
    return with_flags_but()(command)


def with_flags_but(*left_out: str) -> Callable[[F], F]:
    """Returns a decorator as `with_flags` that leaves some of the flags out."""

    def decorate(command: F) -> F:
        return with_options(
            command, {name: flag for name, flag in FLAGS.items() if name not in left_out}
        )

    return decorate


def with_options(command: F, options: Mapping[str, tuple[Any, Any]]) -> F:
    """Gives a command with a parameter `**any` more options, those that it has not itself.

    options: by the name of the parameter, the type and the value where it is not given
    """
    own = [
        parameter
        for parameter in inspect.signature(command, eval_str=True).parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    names = {parameter.name for parameter in own}
    more = [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=fallback,
            annotation=annotation,
        )
        for name, (annotation, fallback) in options.items()
        if name not in names
    ]
    command.__signature__ = inspect.Signature([*own, *more])  # type: ignore[attr-defined]
    return command
