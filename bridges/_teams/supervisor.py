"""Teams with a supervisor: an agent that decides which worker does what next."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any

from bridges._agents.agent import AgentHandle
from bridges._agents.making import SpecAgent, checked
from bridges._errors import Cancelled, LimitExceeded, SpellError
from bridges._schema import to_json_schema
from bridges._teams.team import Assignment, TeamRun, TeamSpec, Work
from bridges._tools import ToolSpec, tool_name

PREFIX = "ask_"
TASK = {
    "task": {
        "type": "string",
        "description": "What to do; the worker knows nothing else",
        "required": True,
    }
}


@dataclass(frozen=True)
class Supervisor(Work):
    """One agent leads: it gives tasks to workers, reads what comes back, and answers.

    rounds: tasks that it may give out in one run
    """

    leader: SpecAgent
    rounds: int

    async def pieces(self, run: TeamRun) -> AsyncGenerator[str | dict[str, Any]]:
        """Yields the supervisor's text and, last, its answer."""
        failures: list[SpellError] = []
        tools = [self._tool(run, name, agent, failures) for name, agent in run.spec.members]
        spec = self.leader.spec
        about = "\n".join(f"- {tool.name}: {tool.description}" for tool in tools)
        told = (
            "You lead a team. Its workers are your tools; each does one task at a time and knows "
            f"only what you write in it. You can give out {self.rounds} tasks in all.\n{about}\n"
            "When the work is done, answer yourself."
        )
        spec = replace(
            spec,
            tools=(*spec.tools, *tools),
            system_prompt="\n\n".join(part for part in (spec.system_prompt, told) if part),
            max_steps=max(spec.max_steps, self.rounds + 2),
        )
        leading = Assignment(spec.name)
        run.done = []
        leader = SpecAgent(run.session, spec)
        try:
            options = {"messages": run.turn.history}
            async for piece in run.pieces(leading, leader, run.said, options):
                yield piece
        except Cancelled:
            if failures:
                raise failures[0] from None
            raise
        finally:
            run.done = [*run.done, leading]

    def _tool(
        self, run: TeamRun, name: str, agent: AgentHandle, failures: list[SpellError]
    ) -> ToolSpec:
        async def call(arguments: dict[str, Any]) -> Any:
            if len(run.done) >= self.rounds:
                raise LimitExceeded(
                    f"all {self.rounds} tasks have been given out: answer with what there is"
                )
            assignment = Assignment(name, arguments["task"])
            run.done.append(assignment)
            try:
                return (await run.ask(assignment, agent, arguments["task"]))["output"]
            except SpellError as error:
                if run.goes_on(error):
                    raise
                failures.append(error)
                # Ends the supervisor's run as well: there is nothing it could do.
                raise Cancelled(f"the worker {name!r} failed: {error.message}") from error

        about = agent.description or f"The worker {name}"
        return ToolSpec(_tool_of(name), about, to_json_schema(TASK, "task"), call)

    def check(self, spec: TeamSpec, where: str) -> None:
        """Refuses workers whose tools would be called like others that the supervisor has."""
        tools = [ToolSpec(_tool_of(name), "", {}, _never) for name, _ in spec.members]
        checked(replace(self.leader.spec, tools=(*self.leader.spec.tools, *tools)), where)

    def facts(self) -> dict[str, Any]:
        """Returns the fields of `TeamInfo` that this kind has."""
        return {"supervisor": self.leader.agent_name, "max_rounds": self.rounds}


def _tool_of(name: str) -> str:
    return (PREFIX + tool_name(name))[:64]


async def _never(_arguments: dict[str, Any]) -> None:
    """Stands for a worker whose name is looked at."""
