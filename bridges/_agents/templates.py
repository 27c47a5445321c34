"""Templates of agents: those that come with the program, and those that a run adds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridges._account import Share
from bridges._agents.agent import AgentSpec
from bridges._errors import InvalidArgument, LimitExceeded, NotFound
from bridges._names import did_you_mean
from bridges._plain import weight

if TYPE_CHECKING:
    from bridges._session import Session

FOLDER = Path(__file__).parent.parent.parent / "stdlib" / "agents"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
MOST = 1_000


@cache
def built_in() -> dict[str, dict[str, Any]]:
    """Returns the options of the templates that come with the program, by name."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        options = tomllib.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = {**options, "system_prompt": options["system_prompt"].strip()}
    return found


class AgentTemplates:
    """The templates of one run by name."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._own: dict[str, AgentSpec] = {}
        self._share = Share(session.account, "agent templates")
        self._sizes: dict[str, int] = {}

    def names(self) -> list[str]:
        """Returns every name: those of the program, then the run's in the order they were added."""
        return [*built_in(), *self._own]

    def is_built_in(self, name: str) -> bool:
        """Tells whether a template comes with the program."""
        return name in built_in()

    def find(self, name: str) -> AgentSpec:
        """Returns a template; an unknown name is NotFound with the nearest one."""
        if name in self._own:
            return self._own[name]
        options = built_in().get(name)
        if options is None:
            hint = did_you_mean(name, self.names())
            raise NotFound(f"there is no agent template {name!r}", hint=hint)
        from bridges._agents.making import spec_of

        given: Any = {"name": name, **options}
        return spec_of(self._session, given, f"the template {name!r}")

    def add(self, name: str, options: Mapping[str, Any]) -> None:
        """Adds a template, in place of an own one of that name; InvalidArgument or NotFound.

        options: fields of `AgentTemplateOptions`
        """
        from bridges._agents.making import changed

        where = "Agent.add_template"
        if not NAME.fullmatch(name):
            raise InvalidArgument(
                f"{where}: {name!r} cannot be the name of a template",
                hint="use up to 64 letters, digits, _ and -, beginning with a letter",
            )
        if name in built_in():
            raise InvalidArgument(
                f"{where}: {name!r} is a template of the program", hint="choose another name"
            )
        if name not in self._own and len(self._own) >= MOST:
            raise LimitExceeded(f"the run has more than {MOST} agent templates")
        rest = {key: value for key, value in options.items() if key != "based_on"}
        under = self.find(options["based_on"]) if "based_on" in options else AgentSpec(name)
        added = changed(self._session, under, {"name": name, **rest}, where)
        size = weight(rest)
        self._share.require(size - self._sizes.get(name, 0))
        self._own[name], self._sizes[name] = added, size
