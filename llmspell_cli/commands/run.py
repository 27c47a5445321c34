"""`llmspell run` and `llmspell eval`."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmspell_cli.invocation import Invocation
from llmspell_cli.options import ConfigFile, Quiet, Verbose

if TYPE_CHECKING:
    from llmspell_cli.program import Spell


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


SECURITY_FIELDS = {
    "security": "profile",
    **{f"allow_{kind}": f"allow_{kind}" for kind in ("read", "write", "net", "env", "run")},
    **{f"deny_{kind}": f"deny_{kind}" for kind in ("read", "write", "net", "env", "run")},
}
"""Each flag about permissions, and its field of `grants.Flags`."""
LIMITS, BUDGET, PERMISSIONS = "Limits", "Budget", "Permissions"
WORKBENCH = "While you write"
File = Annotated[str, typer.Argument(metavar="FILE", help="A spell: a file, or a folder.")]


def _complete_code(incomplete: str) -> list[tuple[str, str]]:
    from llmspell_cli.completion import complete_code

    return list(complete_code(incomplete))


Code = Annotated[
    str,
    typer.Argument(
        metavar="CODE",
        help="Code to run; - reads standard input.",
        autocompletion=_complete_code,
    ),
]
Args = Annotated[
    list[str] | None, typer.Argument(metavar="[ARGS]...", help="What the spell finds in ARGS.")
]
Engine = Annotated[
    str | None, typer.Option("--engine", "-e", metavar="NAME", help="lua or javascript.")
]
Form = Annotated[OutputForm, typer.Option("--output", "-o", help="What standard output carries.")]
Param = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; repeat for more."),
]
Params = Annotated[
    str | None,
    typer.Option(
        "--params", metavar="FILE", help="Parameters as TOML or JSON; - is JSON on stdin."
    ),
]
Model = Annotated[
    str | None, typer.Option("--model", "-m", metavar="NAME", help="The default model.")
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
DenyRead = Annotated[list[str] | None, _allow("--deny-read", "PATH", "Never read these.")]
DenyWrite = Annotated[list[str] | None, _allow("--deny-write", "PATH", "Never write these.")]
DenyNet = Annotated[list[str] | None, _allow("--deny-net", "HOST", "Never reach these.")]
DenyEnv = Annotated[list[str] | None, _allow("--deny-env", "NAME", "Never read these.")]
DenyRun = Annotated[list[str] | None, _allow("--deny-run", "PROGRAM", "Never start these.")]


def _workbench(flag: str, text: str, metavar: str | None = None) -> Any:
    return typer.Option(flag, metavar=metavar, help=text, rich_help_panel=WORKBENCH)


Watch = Annotated[bool, _workbench("--watch", "Run again when the spell or what it reads changes.")]
WatchClear = Annotated[bool, _workbench("--watch-clear", "Watch; clear the terminal each time.")]
ReloadConfig = Annotated[
    bool, _workbench("--reload-config", "Take over changes of the configuration during the run.")
]
Profile = Annotated[bool, _workbench("--profile", "Tell in the end what took how long.")]
ProfileOutput = Annotated[
    str | None,
    _workbench(
        "--profile-output", "Profile; the flame graph's file, in speedscope's JSON.", "FILE"
    ),
]
WatchKeepState = Annotated[bool, _workbench("--watch-keep-state", "Watch; globals live on.")]


def run(  # noqa: PLR0913 - each parameter is one flag
    ctx: typer.Context,
    file: File,
    args: Args = None,
    engine: Engine = None,
    output: Form = OutputForm.text,
    param: Param = None,
    params: Params = None,
    model: Model = None,
    timeout: Timeout = None,
    cpu: Cpu = None,
    memory: Memory = None,
    output_limit: OutputLimit = None,
    calls: Calls = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_requests: MaxRequests = None,
    security: SecurityProfile = None,
    allow_read: AllowRead = None,
    allow_write: AllowWrite = None,
    allow_net: AllowNet = None,
    allow_env: AllowEnv = None,
    allow_run: AllowRun = None,
    deny_read: DenyRead = None,
    deny_write: DenyWrite = None,
    deny_net: DenyNet = None,
    deny_env: DenyEnv = None,
    deny_run: DenyRun = None,
    watch: Watch = False,
    watch_clear: WatchClear = False,
    watch_keep_state: WatchKeepState = False,
    reload_config: ReloadConfig = False,
    profile: Profile = False,
    profile_output: ProfileOutput = None,
    log_level: LogLevel = None,
    config: ConfigFile = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run a spell: llmspell run FILE, or just llmspell FILE.

    Standard output carries what the spell prints, then the value it returns:
    text as it is, anything else as JSON. Everything else goes to standard error.
    """
    options = dict(locals())
    invocation = _invocation(options)
    if watch or watch_clear or watch_keep_state:
        from llmspell_cli.watching.start import watch_spell

        raise typer.Exit(watch_spell(invocation, file, _request(options), options))
    from llmspell_cli import program
    from llmspell_cli.cast import cast

    def find() -> Spell:
        return program.find(invocation.world, file, engine)

    raise typer.Exit(cast(invocation, find, "file", _request(options)))


def eval_(  # noqa: PLR0913 - each parameter is one flag
    ctx: typer.Context,
    code: Code,
    args: Args = None,
    engine: Engine = None,
    output: Form = OutputForm.text,
    param: Param = None,
    params: Params = None,
    model: Model = None,
    timeout: Timeout = None,
    cpu: Cpu = None,
    memory: Memory = None,
    output_limit: OutputLimit = None,
    calls: Calls = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_requests: MaxRequests = None,
    security: SecurityProfile = None,
    allow_read: AllowRead = None,
    allow_write: AllowWrite = None,
    allow_net: AllowNet = None,
    allow_env: AllowEnv = None,
    allow_run: AllowRun = None,
    profile: Profile = False,
    profile_output: ProfileOutput = None,
    log_level: LogLevel = None,
    config: ConfigFile = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run code given on the command line: llmspell eval '1 + 1'.

    The language is Lua unless --engine says otherwise or the code plainly is JavaScript.
    """
    options = dict(locals())
    invocation = _invocation(options)
    from llmspell_cli.cast import cast, code_spell

    def find() -> Spell:
        return code_spell(invocation.world, code, engine)

    raise typer.Exit(cast(invocation, find, "eval", _request(options)))


def _invocation(options: dict[str, Any]) -> Invocation:
    invocation: Invocation = options["ctx"].obj
    invocation.set(verbose=options["verbose"], quiet=options["quiet"], config=options["config"])
    return invocation


def _request(options: dict[str, Any]) -> Request:
    return Request(
        engine=options["engine"],
        output=options["output"],
        param=options["param"] or [],
        params=options["params"],
        args=options["args"] or [],
        limits={
            "timeout": options["timeout"],
            "cpu": options["cpu"],
            "memory": options["memory"],
            "output": options["output_limit"],
            "calls": options["calls"],
        },
        max_cost=options["max_cost"],
        max_tokens=options["max_tokens"],
        max_requests=options["max_requests"],
        model=options["model"],
        log_level=options["log_level"],
        security={
            field: options[flag] for flag, field in SECURITY_FIELDS.items() if options.get(flag)
        },
        reload_config=options.get("reload_config", False),
        profile=options.get("profile", False) or bool(options.get("profile_output")),
        profile_output=options.get("profile_output"),
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
        raise typer.BadParameter(
            f"{text!r} is not an amount of US dollars", param_hint="--max-cost"
        )
    return amount
