"""Teams: several agents that work together and act as one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from bridges._agents.agent import AgentHandle, TeamHandle, Turn, begin, check_settings, turn_of
from bridges._agents.making import SpecAgent, as_agent, as_tool
from bridges._agents.points import FORM, Way, run_between, stream_between
from bridges._agents.records import AgentLike, AgentResult, AgentToolOptions
from bridges._declare import NOTHING, Bridge, host_function
from bridges._errors import InvalidArgument
from bridges._hooks.hooks import Form, Hooks
from bridges._teams.records import (
    ParallelTeam,
    SequentialTeam,
    SupervisedTeam,
    TeamInfo,
    TeamMemberResult,
    TeamResult,
    TeamRunOptions,
    VotingTeam,
)
from bridges._teams.supervisor import Supervisor
from bridges._teams.team import MOST_MEMBERS, TeamRun, TeamSpec, Work, run_team
from bridges._teams.votes import Ballots, Vote
from bridges._teams.works import Parallel, Sequential
from bridges._tools import ToolHandle
from bridges._types import Callback, StreamOf, shape_of
from bridges.stream import Stream, with_end

if TYPE_CHECKING:
    from bridges._session import Session

ROUNDS = 10
"""Tasks that a supervisor may give out, unless it is told otherwise."""


class TeamObject(TeamHandle):
    """Agents that work together; wherever an agent is taken, so is a team."""

    name = "Team"

    def __init__(self, session: Session, spec: TeamSpec, work: Work) -> None:
        self._session = session
        self._spec = spec
        self._work = work
        self.agent_name = spec.name
        self.description = spec.description

    @host_function(needs=NOTHING, since=2)
    async def run(self, input: Any, options: TeamRunOptions | None = None) -> TeamResult:
        """Has the team work on an input until there is an answer.

        input: Text, a list of messages, another agent's answer, or data
        options: How this run differs from the team's settings
        returns: The answer, and what every agent did
        """
        return cast(TeamResult, await self._run(input, options))

    @host_function(needs=NOTHING, since=2)
    async def stream(
        self, input: Any, options: TeamRunOptions | None = None
    ) -> StreamOf[str, TeamResult]:
        """Has the team work on an input and gives the text of its answer as it arrives.

        input: Text, a list of messages, another agent's answer, or data
        options: How this run differs from the team's settings
        returns: The pieces of text; its result is the answer
        """
        stream: Any = Stream(with_end(self._stream(input, options)))
        return stream  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    def as_tool(self, options: AgentToolOptions | None = None) -> ToolHandle:
        """Makes the team a tool of the run, which takes an `input` and gives the answer.

        options: How it appears
        returns: The tool
        """
        return as_tool(self._session, self, options or {})

    @host_function(needs=NOTHING, since=2)
    def info(self) -> TeamInfo:
        """Returns what the team is.

        returns: Its settings, defaults filled in
        """
        spec = self._spec
        found = {
            "name": spec.name,
            "description": spec.description,
            "kind": spec.kind,
            "agents": [name for name, _ in spec.members],
            "on_error": spec.on_error,
            "timeout": spec.timeout,
            **self._work.facts(),
        }
        return cast(TeamInfo, found)

    async def ask(self, said: Any, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Works on an input and returns the fields of `AgentResult`."""
        return _as_agents(await self._run(said, options))

    def pieces(
        self, said: Any, options: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[str | dict[str, Any]]:
        """Checks what `ask` takes, and yields text as it arrives and, last, what `ask` returns."""
        return _agents_pieces(self._stream(said, options))

    async def _run(self, said: Any, options: Mapping[str, Any] | None) -> dict[str, Any]:
        spec, turn = self._prepared(said, options or {}, "Team.run")
        hooks: Hooks = self._session.shared(Hooks)
        return await run_between(hooks, spec.name, turn, self._way(spec))

    def _stream(
        self, said: Any, options: Mapping[str, Any] | None
    ) -> AsyncGenerator[str | dict[str, Any]]:
        spec, turn = self._prepared(said, options or {}, "Team.stream")
        hooks: Hooks = self._session.shared(Hooks)
        return stream_between(hooks, spec.name, turn, self._way(spec))

    def _prepared(self, said: Any, options: Mapping[str, Any], where: str) -> tuple[TeamSpec, Turn]:
        check_settings(options, where)
        turn = turn_of(said, [dict(m) for m in options.get("messages", [])], where)
        if turn.prompt is None:
            raise InvalidArgument(
                f"{where}: there is nothing to answer", hint="end with a message of the user"
            )
        timeout = options.get("timeout", self._spec.timeout)
        return replace(self._spec, timeout=timeout), turn

    def _way(self, spec: TeamSpec) -> Way[dict[str, Any]]:
        def pieces(turn: Turn, streaming: bool) -> AsyncGenerator[str | dict[str, Any]]:
            run = TeamRun(self._session, spec, turn, begin(), streaming)
            return run_team(run, self._work)

        async def whole(turn: Turn) -> dict[str, Any]:
            answer: dict[str, Any] = {}
            async with aclosing(pieces(turn, False)) as parts:
                async for part in parts:
                    if not isinstance(part, str):
                        answer = part
            return answer

        return Way(whole, lambda turn: pieces(turn, True), lambda a: str(a["text"]), TEAM)


class Team(Bridge):
    """Makes teams: agents that work on one input together and act as one agent."""

    @host_function(needs=NOTHING, since=2)
    def sequential(self, options: SequentialTeam) -> TeamObject:
        """Makes a team whose agents work one after the other, each on the answer of the last.

        options: What the team is
        returns: The team
        """
        spec = self._spec("sequential", options, options["agents"])
        return TeamObject(self.session, spec, Sequential())

    @host_function(needs=NOTHING, since=2)
    def parallel(self, options: ParallelTeam) -> TeamObject:
        """Makes a team whose agents work on the input at the same time.

        options: What the team is, and how one answer is made of theirs
        returns: The team
        """
        spec = self._spec("parallel", options, options["agents"])
        merge: Any = options.get("merge", "all")
        if isinstance(merge, Callback):
            merge = _Merging(merge, self.session)
        return TeamObject(self.session, spec, Parallel(merge, _most(options, "Team.parallel")))

    @host_function(needs=NOTHING, since=2)
    def vote(self, options: VotingTeam) -> TeamObject:
        """Makes a team whose agents vote; the choice with most votes is the answer.

        options: What the team is, what can be chosen, and what happens in a tie
        returns: The team
        """
        where = "Team.vote"
        spec = self._spec("vote", options, options["agents"])
        quorum = options.get("quorum", 1)
        if not 1 <= quorum <= len(spec.members):
            raise InvalidArgument(
                f"{where}: quorum must be from 1 to the {len(spec.members)} voters, got {quorum}"
            )
        choices = options.get("options")
        if choices is not None and (len(choices) < 2 or len(set(choices)) < len(choices)):
            raise InvalidArgument(f"{where}: options must be at least two, all different")
        ballots = Ballots(
            None if choices is None else tuple(choices), options.get("tie", "first"), quorum
        )
        return TeamObject(self.session, spec, Vote(ballots, _most(options, where)))

    @host_function(needs=NOTHING, since=2)
    def supervisor(self, options: SupervisedTeam) -> TeamObject:
        """Makes a team that one agent leads: it decides which worker does what next.

        options: Who leads, and who works
        returns: The team
        """
        where = "Team.supervisor"
        leader = as_agent(self.session, options["supervisor"], where)
        if not isinstance(leader, SpecAgent):
            raise InvalidArgument(f"{where}: a team cannot be the supervisor", hint="name an agent")
        rounds = options.get("max_rounds", ROUNDS)
        if rounds < 1:
            raise InvalidArgument(f"{where}: max_rounds must be at least 1, got {rounds}")
        spec = self._spec("supervisor", options, options["workers"])
        work = Supervisor(leader, rounds)
        work.check(spec, where)
        return TeamObject(self.session, spec, work)

    def _spec(self, kind: str, options: Mapping[str, Any], given: list[AgentLike]) -> TeamSpec:
        where = f"Team.{kind}"
        if not 1 <= len(given) <= MOST_MEMBERS:
            raise InvalidArgument(
                f"{where}: a team has 1 to {MOST_MEMBERS} agents, and this one {len(given)}"
            )
        if options.get("timeout") == 0:
            raise InvalidArgument(f"{where}: timeout must be more than 0")
        agents = [as_agent(self.session, one, where) for one in given]
        return TeamSpec(
            options.get("name", "team"),
            options.get("description", ""),
            kind,
            _named(agents),
            options.get("on_error", "continue" if kind == "supervisor" else "fail"),
            options.get("timeout"),
        )


def _named(agents: list[AgentHandle]) -> tuple[tuple[str, AgentHandle], ...]:
    """Returns agents with names of their own: a second `writer` is `writer_2`."""
    found: dict[str, AgentHandle] = {}
    for agent in agents:
        name, number = agent.agent_name, 1
        while name in found:
            number += 1
            name = f"{agent.agent_name}_{number}"
        found[name] = agent
    return tuple(found.items())


def _most(options: Mapping[str, Any], where: str) -> int | None:
    most: int | None = options.get("max_concurrency")
    if most is not None and most < 1:
        raise InvalidArgument(f"{where}: max_concurrency must be at least 1, got {most}")
    return most


class _Merging(Callback):
    """A function that merges: what it is told is spelled as the spell's language wants it."""

    def __init__(self, merge: Callback, session: Session) -> None:
        self._merge = merge
        self._session = session

    async def __call__(self, *arguments: Any) -> Any:
        session = self._session
        border = session.door.border("Team")
        return await self._merge(shape_of(list[TeamMemberResult]).write(arguments[0], border))


TEAM: Form[dict[str, Any]] = Form(
    FORM.show, lambda given: {**FORM.read(given), "results": []}, FORM.facts
)
"""The run of a team, as hooks see it."""


def _as_agents(answer: dict[str, Any]) -> dict[str, Any]:
    """Returns what of a team's answer an agent's has."""
    return {key: value for key, value in answer.items() if key in AgentResult.__annotations__}


async def _agents_pieces(
    pieces: AsyncGenerator[str | dict[str, Any]],
) -> AsyncGenerator[str | dict[str, Any]]:
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece if isinstance(piece, str) else _as_agents(piece)
