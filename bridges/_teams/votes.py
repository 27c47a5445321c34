"""Votes of agents: ballots, how they are counted, and who breaks a tie."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from bridges._agents.agent import AgentHandle
from bridges._teams.team import Assignment, TeamRun, Work, ask_all


@dataclass
class Counted:
    """A vote that has been counted.

    counts: votes by choice; first: the answer that was first with a choice
    leaders: the choices with most votes
    """

    counts: dict[str, int] = field(default_factory=dict)
    ballots: list[dict[str, Any]] = field(default_factory=list)
    first: dict[str, dict[str, Any]] = field(default_factory=dict)
    leaders: list[str] = field(default_factory=list)
    winner: str = ""
    tied: bool = False

    def record(self) -> dict[str, Any]:
        """Returns the fields of `TeamVote`."""
        return {
            "winner": self.winner,
            "counts": self.counts,
            "ballots": self.ballots,
            "tied": self.tied,
        }

    def answer(self) -> dict[str, Any]:
        """Returns text and output of the winner."""
        return self.first.get(self.winner) or {"text": self.winner, "output": self.winner}


@dataclass(frozen=True)
class Ballots:
    """How votes are cast and counted.

    options: what can be chosen; None: the answers themselves are the choices
    tie: first, error, or the agent that decides; quorum: valid ballots that are needed
    """

    options: tuple[str, ...] | None
    tie: str | AgentHandle
    quorum: int

    def asked(
        self, said: str, agent: AgentHandle, options: list[str]
    ) -> tuple[str, dict[str, Any]]:
        """Returns what a voter is asked, and how: models are held to the options by a schema."""
        listed = "\n".join(f"- {option}" for option in options)
        prompt = f"{said}\n\nChoose exactly one of these:\n{listed}"
        if agent.spec is None:
            return f"{prompt}\nAnswer with your choice alone, written as it stands here.", {}
        reason = {"type": "string", "description": "Why, in one sentence"}
        schema = {
            "type": "object",
            "properties": {"choice": {"type": "string", "enum": options}, "reason": reason},
            "required": ["choice"],
            "additionalProperties": False,
        }
        return prompt, {"output_schema": schema}

    def count(self, run: TeamRun, voters: list[Assignment]) -> Counted:
        """Counts; a tie goes to the first, unless somebody else is to decide."""
        counted = Counted(dict.fromkeys(self.options or (), 0))
        names: dict[str, str] = {}
        for voter in voters:
            counted.ballots.append(ballot := {"agent": voter.agent})
            if voter.status != "done":
                ballot["error"] = voter.error.message if voter.error else "did not vote"
                continue
            self._cast(counted, voter.answer, ballot, names)
        cast = sum(counted.counts.values())
        if cast < self.quorum:
            run.vote = counted.record()
            raise run.failed(
                f"has {cast} valid votes and needs {self.quorum}", vote=counted.record()
            )
        most = max(counted.counts.values())
        counted.leaders = [choice for choice, votes in counted.counts.items() if votes == most]
        counted.tied = len(counted.leaders) > 1
        counted.winner = counted.leaders[0]
        return counted

    def _cast(
        self,
        counted: Counted,
        answer: dict[str, Any],
        ballot: dict[str, Any],
        names: dict[str, str],
    ) -> None:
        output = answer["output"]
        if isinstance(output, dict) and isinstance(output.get("reason"), str):
            ballot["reason"] = output["reason"]
        if self.options is None:
            choice = names.setdefault(_alike(output), answer["text"])
            counted.first.setdefault(choice, {"text": answer["text"], "output": output})
        else:
            found = chosen(output, self.options)
            if found is None:
                ballot["error"] = "chose none of the options"
                return
            choice = found
        ballot["choice"] = choice
        counted.counts[choice] = counted.counts.get(choice, 0) + 1


def chosen(output: Any, options: tuple[str, ...]) -> str | None:
    """Returns the option that an answer means; None when it is none or not clear."""
    said = output.get("choice") if isinstance(output, dict) else output
    if not isinstance(said, str):
        return None
    if said in options:
        return said
    same = [option for option in options if _alike(option) == _alike(said)]
    if len(same) == 1:
        return same[0]
    named = [
        option
        for option in options
        if re.search(rf"(?<!\w){re.escape(option.casefold())}(?!\w)", said.casefold())
    ]
    return named[0] if len(named) == 1 else None


def _alike(output: Any) -> str:
    """Returns what equal answers have in common: no case, spaces or full stop at the end."""
    if isinstance(output, str):
        return " ".join(output.split()).casefold().rstrip(".!")
    return json.dumps(output, sort_keys=True)


@dataclass(frozen=True)
class Vote(Work):
    """All agents vote; the choice with most votes is the answer."""

    ballots: Ballots
    most: int | None

    async def pieces(self, run: TeamRun) -> AsyncGenerator[str | dict[str, Any]]:
        """Yields the winner and, last, the answer."""
        history = {"messages": run.turn.history}

        def asks(agent: AgentHandle) -> tuple[str, dict[str, Any]]:
            if self.ballots.options is None:
                return run.said, history
            said, options = self.ballots.asked(run.said, agent, list(self.ballots.options))
            return said, {**options, **history}

        counted = self.ballots.count(run, await ask_all(run, self.most, asks))
        if counted.tied:
            await self._decide(run, counted)
        run.vote = counted.record()
        answer = counted.answer()
        if run.streaming:
            yield answer["text"]
        yield answer

    async def _decide(self, run: TeamRun, counted: Counted) -> None:
        tie, names = self.ballots.tie, ", ".join(map(repr, counted.leaders))
        if tie == "error":
            raise run.failed(f"is tied between {names}", vote=counted.record())
        if not isinstance(tie, AgentHandle):
            return
        judging = Assignment(tie.agent_name)
        run.done = [*run.done, judging]
        question = f"{run.said}\n\nA vote on this is tied, and you decide."
        said, options = self.ballots.asked(question, tie, counted.leaders)
        answer = await run.ask(judging, tie, said, options)
        winner = chosen(answer["output"], tuple(counted.leaders))
        if winner is None:
            raise run.failed(
                f"is tied between {names}, and {tie.agent_name!r} chose none of them",
                vote=counted.record(),
            )
        counted.winner = winner

    def facts(self) -> dict[str, Any]:
        """Returns the fields of `TeamInfo` that this kind has."""
        found: dict[str, Any] = {"quorum": self.ballots.quorum, "max_concurrency": self.most}
        if self.ballots.options is not None:
            found["options"] = list(self.ballots.options)
        return found
