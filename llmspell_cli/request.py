"""What one command line asks to run: the values of its flags, whoever has read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmspell_cli.invocation import Invocation


class OutputForm(StrEnum):
    """What goes to standard output."""

    text = "text"
    json = "json"
    jsonl = "jsonl"


@dataclass
class Request:
    """What one command line asks to run."""

    engine: str | None
    output: OutputForm
    param: list[str]
    params: str | None
    args: list[str]
    limits: dict[str, str | int | None]
    max_cost: str | None
    max_tokens: int | None
    max_requests: int | None
    model: str | None
    log_level: str | None
    security: dict[str, Any] = field(default_factory=dict)
    reload_config: bool = False
    profile: bool = False
    profile_output: str | None = None
    trace: str | None = None
    session: str | None = None


_KINDS = ("read", "write", "net", "env", "run", "state")
SECURITY_FIELDS = {
    "security": "profile",
    **{f"allow_{kind}": f"allow_{kind}" for kind in _KINDS},
    **{f"deny_{kind}": f"deny_{kind}" for kind in _KINDS},
}
"""Each flag about permissions, and its field of `grants.Flags`."""


def invocation_of(options: dict[str, Any]) -> Invocation:
    """Returns what a command line asks for, with the options that every command takes."""
    invocation: Invocation = options["ctx"].obj
    invocation.set(verbose=options["verbose"], quiet=options["quiet"], config=options["config"])
    return invocation


def request_of(options: dict[str, Any]) -> Request:
    """Returns what a command that takes the shared flags is asked to run.

    options: the values by parameter; those that a command does not take may be missing
    """
    return Request(
        engine=options.get("engine"),
        output=options.get("output", OutputForm.text),
        param=options.get("param") or [],
        params=options.get("params"),
        args=options.get("args") or [],
        limits={
            "timeout": options.get("timeout"),
            "cpu": options.get("cpu"),
            "memory": options.get("memory"),
            "output": options.get("output_limit"),
            "calls": options.get("calls"),
        },
        max_cost=options.get("max_cost"),
        max_tokens=options.get("max_tokens"),
        max_requests=options.get("max_requests"),
        model=options.get("model"),
        log_level=options.get("log_level"),
        security={
            field: options[flag] for flag, field in SECURITY_FIELDS.items() if options.get(flag)
        },
        reload_config=options.get("reload_config", False),
        profile=options.get("profile", False) or bool(options.get("profile_output")),
        profile_output=options.get("profile_output"),
        trace=options.get("trace"),
        session=options.get("session"),
    )


def money(text: str | None) -> Decimal | None:
    """Returns an amount of money as written on the command line."""
    if text is None:
        return None
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        import typer

        raise typer.BadParameter(
            f"{text!r} is not an amount of US dollars", param_hint="--max-cost"
        )
    return amount
