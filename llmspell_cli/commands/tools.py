"""`llmspell tools`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmspell_cli.flags import (
    AllowEnv,
    AllowNet,
    AllowRead,
    AllowRun,
    AllowWrite,
    SecurityProfile,
)
from llmspell_cli.help import Command
from llmspell_cli.listing import pretty, print_json
from llmspell_cli.options import ConfigFile, Json

if TYPE_CHECKING:
    from bridges._session import Session
    from llmspell_cli.invocation import Invocation

app = typer.Typer(help="List, describe and call the built-in tools.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="TOOL", help="A tool's name.")]


@app.command("list", cls=Command)
def list_tools(ctx: typer.Context, as_json: Json = False) -> None:
    """List the tools that agents can be given by name."""
    call: Invocation = ctx.obj
    found = _ask(call, {}, "Tool.list", [])
    if as_json:
        print_json(call.world, found)
        return
    width = max(len(tool["name"]) for tool in found)
    for tool in found:
        text = tool["description"].split("\n")[0]
        room = 78 - width
        call.world.out(
            f"{tool['name']:<{width}}  {text if len(text) <= room else text[: room - 1] + '…'}"
        )


@app.command("info", cls=Command)
def show(ctx: typer.Context, tool: Name, as_json: Json = False) -> None:
    """Describe a tool: what it does and the arguments it takes."""
    call: Invocation = ctx.obj
    found = next((t for t in _ask(call, {}, "Tool.list", []) if t["name"] == tool), None)
    if found is None:
        _ask(call, {}, "Tool.get", [tool])  # fails, and says what there is
        return
    if as_json:
        print_json(call.world, found)
        return
    call.world.out(f"{found['name']}: {found['description']}")
    schema = found["parameters"]
    required = schema.get("required", [])
    for name, about in schema.get("properties", {}).items():
        kind = about.get("type", "any")
        words = " or ".join(kind) if isinstance(kind, list) else kind
        need = "required" if name in required else "optional"
        call.world.out(f"  {name} ({words}, {need}): {about.get('description', '')}".rstrip(" :"))


@app.command("call", cls=Command)
def call_tool(  # noqa: PLR0913 - each parameter is one flag
    ctx: typer.Context,
    tool: Name,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]...", help="Arguments.", show_default=False),
    ] = None,
    as_json: Annotated[
        str | None,
        typer.Option("--json", metavar="OBJECT", help="The arguments as a JSON object instead."),
    ] = None,
    security: SecurityProfile = None,
    allow_read: AllowRead = None,
    allow_write: AllowWrite = None,
    allow_net: AllowNet = None,
    allow_env: AllowEnv = None,
    allow_run: AllowRun = None,
    config: ConfigFile = None,
) -> None:
    """Call a tool with the permissions of a spell; print its result.

    A VALUE that is JSON (10, true, [1, 2]) is taken as such, where the tool does not want text.
    """
    call: Invocation = ctx.obj
    call.set(config=config)
    flags = {
        "profile": security,
        "allow_read": allow_read or (),
        "allow_write": allow_write or (),
        "allow_net": allow_net or (),
        "allow_env": allow_env or (),
        "allow_run": allow_run or (),
    }
    given = _object(as_json) if as_json is not None else _pairs(call, tool, arguments or [])
    found = _ask(call, flags, "Tool.call", [tool, given])
    text = found if isinstance(found, str) else pretty(found)
    call.world.out(text.removesuffix("\n"))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise typer.BadParameter("it must be a JSON object", param_hint="--json")
    return found


def _pairs(call: Invocation, tool: str, pairs: list[str]) -> dict[str, Any]:
    """Returns NAME=VALUE arguments, typed by the tool's schema."""
    tools = _ask(call, {}, "Tool.list", []) if pairs else []
    schema: dict[str, Any] = next((t["parameters"] for t in tools if t["name"] == tool), {})
    properties = schema.get("properties", {})
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise typer.BadParameter(f"arguments are NAME=VALUE, not {pair!r}")
        found[name] = value
        if properties.get(name, {}).get("type") != "string":
            try:
                found[name] = json.loads(value)
            except ValueError:
                pass  # text, and whether the tool wants text is for the tool to say
    return found


def _ask(call: Invocation, flags: dict[str, Any], name: str, arguments: list[Any]) -> Any:
    """Calls a host function through the door of a session without a spell."""
    import asyncio

    from llmspell_cli import compose, grants
    from llmspell_cli.logs import LogSink

    config = call.load_config()
    sink = LogSink(call.world, config.logging.format, config.logging.file, False)
    overrides = compose.Overrides(security=grants.Flags(**flags))
    session = compose.session(call, config, None, overrides, sink)

    async def ask(session: Session) -> Any:
        try:
            return await session.door.call_async(session.door.number(name), arguments)
        finally:
            await session.close()

    return asyncio.run(ask(session))
