"""Dot commands that show something, and the settings they show."""

from __future__ import annotations

import json
from time import monotonic
from typing import TYPE_CHECKING, Any

from bridges._errors import ConfigError, NotFound, SpellError
from bridges._names import did_you_mean
from bridges._permissions import KINDS
from llmspell_cli.completion import function_named, signature
from llmspell_cli.repl import docs
from llmspell_cli.repl.tables import table
from llmspell_cli.terminal import clean

if TYPE_CHECKING:
    from bridges._budget import Budget
    from bridges._permissions import Grants
    from llmspell_cli.repl.bench import Bench
    from llmspell_cli.repl.face import Face

MAX_SHOWN = 50
"""Entries of the history that are shown."""
MAX_KEYS_SHOWN = 500
"""Characters of a state's keys that are shown."""


async def variables(bench: Bench, _rest: str) -> None:
    """Shows the user's variables."""
    answer = await bench.engine.conversation.ask("variables")
    rows = [
        (clean(str(found.get("name"))), clean(str(found.get("type"))), _line(found.get("text")))
        for found in maps(answer.get("variables"))
    ]
    _show_rows(bench.face, rows, "there are no variables yet")


async def doc(bench: Bench, name: str) -> None:
    """Shows what is declared under a name."""
    kinds = await kinds_of_variables(bench)
    bench.face.show(docs.describe(name, bench.language, kinds.get, bench.face))


async def type_of(bench: Bench, source: str) -> None:
    """Shows the type of a value, and how a declared function is called."""
    found = await bench.run_code(source)
    if found.error is not None:
        bench.fail(found.error)
    else:
        declared = function_named(source.strip(), bench.language)
        text = clean(found.type) or ("nil" if bench.language == "lua" else "undefined")
        if declared is not None:
            text += f"  {signature(declared, bench.language)}"
        bench.face.show(text)
    await bench.settle(found)


async def time(bench: Bench, source: str) -> None:
    """Evaluates and shows the time it took, and what it cost."""
    budget, started = bench.seed.budget, monotonic()
    tokens, cost = budget.input_tokens + budget.output_tokens, budget.cost
    await bench.evaluate(source)
    text = f"{duration(monotonic() - started)}"
    spent = budget.input_tokens + budget.output_tokens - tokens
    if spent:
        text += f", {spent:,} tokens, ${budget.cost - cost:.4f}"
    bench.face.show(text)


async def model(bench: Bench, name: str) -> None:
    """Shows or sets the model of calls that name none."""
    door = bench.session.door
    if name:
        await door.call_async(door.number("Model.info"), [name])  # raises for one that is not known
        bench.set_model(name)
    bench.face.show(clean(str(door.call(door.number("Model.default"), []))))


async def tools(bench: Bench, _rest: str) -> None:
    """Shows the tools there are."""
    door = bench.session.door
    found = door.call(door.number("Tool.list"), [])
    rows = [(clean(tool["name"]), _line(tool["description"])) for tool in found]
    _show_rows(bench.face, rows, "there are no tools")


async def agents(bench: Bench, _rest: str) -> None:
    """Shows the agents that were made."""
    rows = []
    for about in agents_of(bench):
        said = ", ".join(about["tools"]) or "no tools"
        rows.append((clean(about["name"]), clean(about["model"]), _line(said)))
    _show_rows(bench.face, rows, "there are no agents yet")


def agents_of(bench: Bench) -> list[dict[str, Any]]:
    """Returns the settings of the agents that the engine in use has made."""
    door = bench.session.door
    made = [thing for thing in bench.session.things() if thing.name == "Agent"]
    return [door.call(door.number("Agent:info"), [agent]) for agent in made]


async def state(bench: Bench, name: str) -> None:
    """Shows the states that the engine in use has opened, or the values of those with a name."""
    from bridges._state.handle import States

    opened = bench.session.shared(States).opened
    handles = [handle for handle in opened.values() if name in ("", handle.kept.name)]
    if name and not handles:
        raise NotFound(
            f"no state {name!r} is in use",
            hint=did_you_mean(name, {handle.kept.name for handle in opened.values()}),
        )
    rows = []
    for handle in handles:
        found = await handle.values()
        if name:
            rows += [
                (clean(key), _line(json.dumps(found[key], ensure_ascii=False)), handle.scope)
                for key in sorted(found)
            ]
        else:
            keys = ", ".join(sorted(found)) or "no keys"
            rows.append((clean(handle.kept.name), handle.scope, _line(keys)[:MAX_KEYS_SHOWN]))
    _show_rows(bench.face, rows, "no state is in use" if not name else "the state has no keys")


async def cost(bench: Bench, _rest: str) -> None:
    """Shows what model calls used so far."""
    show_cost(bench.face, bench.seed.budget)


def show_cost(face: Face, budget: Budget) -> None:
    """Shows what was used of a budget."""
    rows = [
        ("requests", f"{budget.requests:,}", _of(budget.max_requests)),
        ("tokens in", f"{budget.input_tokens:,}", ""),
        ("tokens out", f"{budget.output_tokens:,}", _of(budget.max_tokens, " in and out")),
        ("cost", f"${budget.cost:.4f}", _of(budget.max_cost, " US dollars")),
    ]
    face.show(table(rows, face))


async def trace(bench: Bench, rest: str) -> None:
    """Turns the trace of host calls on or off, or says which it is."""
    if rest not in ("", "on", "off"):
        raise ConfigError(f"{rest!r} is neither on nor off")
    if rest:
        bench.set_trace(rest == "on")
    bench.face.show(f"host calls are {'shown' if bench.traced else 'not shown'}")


async def limits(bench: Bench, _rest: str) -> None:
    """Shows the limits of an evaluation and of the session."""
    found = bench.seed.limits
    timeout = "none" if bench.seconds == float("inf") else duration(bench.seconds)
    rows = [
        ("timeout", timeout, "wall clock of one evaluation"),
        ("memory", f"{found.memory / 1024**2:g} MB", "of one engine"),
        ("host_memory", f"{found.host_memory / 1024**2:g} MB", "held by the host for the spell"),
        ("output", f"{found.output / 1024**2:g} MB", "printed by one evaluation"),
        ("calls", f"{found.calls:,}", "host calls of one evaluation"),
        ("in_flight", f"{found.in_flight:,}", "host calls at one time"),
        ("artifacts", f"{found.artifacts / 1024**2:g} MB", "kept by one spell"),
    ]
    bench.face.show(table(rows, bench.face))


async def permissions(bench: Bench, _rest: str) -> None:
    """Shows what code may do."""
    bench.face.show(table(_grants(bench.seed.grants), bench.face))


def _grants(grants: Grants) -> list[tuple[str, str]]:
    rows = [("working folder", str(grants.base))]
    for name in KINDS:
        allowed = [clean(str(value)) for value in getattr(grants, name)]
        rows.append((name, ", ".join(allowed) or "nothing"))
        denied = [clean(str(value)) for value in getattr(grants, f"deny_{name}", ())]
        if denied:
            rows.append((f"never {name}", ", ".join(denied)))
    rows.append(("secrets", "as other files" if grants.secrets else "only by their own names"))
    return rows


async def history(bench: Bench, text: str) -> None:
    """Shows what was typed."""
    found = [entry for entry in bench.face.typed() if text in entry]
    for entry in found[-MAX_SHOWN:]:
        bench.face.show(clean(entry))
    if not found:
        bench.face.note("there is nothing in the history" + (f" with {text!r}" if text else ""))


async def kinds_of_variables(bench: Bench) -> dict[str, str]:
    """Returns the types of the user's variables by name; nothing where the engine is busy."""
    try:
        answer = await bench.engine.conversation.ask("variables")
    except SpellError:
        return {}
    return {str(v.get("name")): str(v.get("type")) for v in maps(answer.get("variables"))}


def maps(found: Any) -> list[dict[str, Any]]:
    """Returns the maps of a list that a worker sent, whatever it sent."""
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def duration(seconds: float) -> str:
    """Returns a time as people write it."""
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    minutes, rest = divmod(seconds, 60)
    if minutes:
        return f"{minutes:.0f} min" + (f" {rest:.0f} s" if rest else "")
    return f"{rest:.2f} s"


def _of(limit: Any, unit: str = "") -> str:
    return "" if limit is None else f"of {limit:,}{unit}"


def _line(text: Any) -> str:
    return " ".join(clean(str(text)).split())


def _show_rows(face: Face, rows: list[Any], nothing: str) -> None:
    if rows:
        face.show(table(rows, face))
    else:
        face.note(nothing)
