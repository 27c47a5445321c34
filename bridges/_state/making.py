"""From the options of `State.new` to a state: what goes together, its rules, its first values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bridges._agents.agent import AgentHandle
from bridges._errors import InvalidArgument
from bridges._schema import fit, problems, to_json_schema
from bridges._state.content import MAX_HISTORY, Rules
from bridges._state.handle import States, Wanted
from bridges._state.kept import Kept, Migration
from bridges._state.values import Values, plain_map

if TYPE_CHECKING:
    from bridges._session import Session

HISTORY = 20
"""Changes that are remembered where the state does not say."""
MAX_VERSION = 10_000


def make(session: Session, options: Mapping[str, Any], where: str) -> tuple[Kept, Wanted]:
    """Returns the state of options, and which one it is; raises InvalidArgument."""
    wanted = wanted_of(options, where)
    states: States = session.shared(States)
    initial = plain_map(options.get("initial", {}), f"{where}: initial")
    rules = _rules(session, options, where)
    if initial and rules.check:
        wrong = rules.check(initial)
        if wrong:
            raise InvalidArgument(f"{where}: initial does not fit the schema: {'; '.join(wrong)}")
    migrations = [Migration(step["version"], step["up"]) for step in options.get("migrations", ())]
    versions = [step.version for step in migrations]
    if len({*versions}) < len(versions) or any(not 1 < v <= rules.version for v in versions):
        raise InvalidArgument(
            f"{where}: migrations lead to the versions from 2 to {rules.version}, each once",
            hint="version is that of the newest migration",
        )
    store = states.store(wanted, where)
    return Kept(session, wanted.name, store, rules, initial, migrations), wanted


def wanted_of(options: Mapping[str, Any], where: str) -> Wanted:
    """Returns which state options mean; raises InvalidArgument where they do not go together."""
    scope, path, store = options.get("scope"), options.get("path"), options.get("store")
    if path is not None and (scope is not None or store not in (None, "file")):
        raise InvalidArgument(
            f"{where}: a state in a file belongs to whoever has the file",
            hint="leave out scope, and store too",
        )
    if store == "file" and path is None:
        raise InvalidArgument(f"{where}: store = 'file' needs a path")
    is_run = scope is None or scope.value == "run"
    if path is None and store is not None and is_run != (store == "memory"):
        raise InvalidArgument(
            f"{where}: the scope 'run' is kept in memory, and the others in sqlite",
            hint='scope = "spell" keeps values for later runs',
        )
    return Wanted(options["name"], scope, agent_name(options.get("agent")), path)


def agent_name(agent: str | AgentHandle | None) -> str:
    """Returns the name of an agent that a script gave."""
    return agent.agent_name if isinstance(agent, AgentHandle) else agent or ""


def checker(schema: Mapping[str, Any], where: str) -> Callable[[Values], list[str]]:
    """Returns what tells how values do not fit a schema; raises InvalidArgument for a bad one."""
    known = to_json_schema(dict(schema), where)
    known = {"type": "object", **known}

    def check(values: Values) -> list[str]:
        return problems(known, fit({**known, "properties": _bare(known)}, values))

    return check


def _bare(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the properties of a schema without defaults: a state has what was put into it."""
    parts = schema.get("properties", {})
    return {
        name: {key: value for key, value in part.items() if key != "default"}
        for name, part in parts.items()
        if isinstance(part, dict)
    }


def _rules(session: Session, options: Mapping[str, Any], where: str) -> Rules:
    version, history = options.get("version", 1), options.get("max_history", HISTORY)
    if not 1 <= version <= MAX_VERSION:
        raise InvalidArgument(f"{where}: version must be 1 to {MAX_VERSION}, got {version}")
    if not 0 <= history <= MAX_HISTORY:
        name = session.spell_name("max_history")
        raise InvalidArgument(f"{where}: {name} must be 0 to {MAX_HISTORY}, got {history}")
    schema = options.get("schema")
    check = None if schema is None else checker(schema, f"{where}: schema")
    return Rules(check, history, version)
