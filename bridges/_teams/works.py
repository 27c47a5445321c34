"""How the agents of a team work together: one after the other, or at the same time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

from bridges._agents.agent import AgentHandle
from bridges._errors import SpellError
from bridges._marks import Marks
from bridges._teams.team import Assignment, TeamRun, Work, ask_all
from bridges._teams.votes import Ballots
from bridges._tools import as_data, as_text
from bridges._types import Callback

Merge = str | Callback | AgentHandle


class Sequential(Work):
    """Each agent goes on from the answer of the one before."""

    async def pieces(self, run: TeamRun) -> AsyncGenerator[str | dict[str, Any]]:
        """Yields the text of the last agent and, last, its answer."""
        said, answer = run.said, None
        plan = run.plan()
        for place, (_, agent) in enumerate(run.spec.members):
            options = {} if answer else {"messages": run.turn.history}
            source = run.pieces if place == len(plan) - 1 else _whole(run)
            try:
                async for piece in source(plan[place], agent, said, options):
                    if not isinstance(piece, str):
                        answer = piece
                    elif piece:
                        yield piece
            except SpellError as error:
                if not run.goes_on(error):
                    raise
            said = answer["text"] if answer else run.said
        if answer is None:
            raise run.none_done()
        yield answer


def _whole(run: TeamRun) -> Callable[..., AsyncGenerator[str | dict[str, Any]]]:
    async def pieces(*arguments: Any) -> AsyncGenerator[str | dict[str, Any]]:
        yield await run.ask(*arguments)

    return pieces


@dataclass(frozen=True)
class Parallel(Work):
    """All agents work on the input at the same time."""

    merge: Merge
    most: int | None

    async def pieces(self, run: TeamRun) -> AsyncGenerator[str | dict[str, Any]]:
        """Yields the text of the merged answer and, last, the answer."""
        options = {"messages": run.turn.history}
        first = self.merge == "first"
        plan = await ask_all(run, self.most, lambda _agent: (run.said, options), first=first)
        done = [one for one in plan if one.status == "done"]
        if isinstance(self.merge, AgentHandle):
            merging = Assignment(self.merge.agent_name)
            run.done = [*run.done, merging]
            async for piece in run.pieces(merging, self.merge, _question(run.said, done)):
                yield piece
            return
        answer = await self._merged(run, done)
        if run.streaming:
            yield answer["text"]
        yield answer

    async def _merged(self, run: TeamRun, done: list[Assignment]) -> dict[str, Any]:
        if self.merge == "first":
            return done[0].answer
        if self.merge == "vote":
            counted = Ballots(None, "first", 1).count(run, done)
            run.vote = counted.record()
            return counted.answer()
        if isinstance(self.merge, Callback):
            output = as_data(await self.merge([one.record() for one in done]), "what merge gave")
            return {"text": as_text(output), "output": output}
        text = "\n\n".join(f"{one.agent}: {one.answer['text']}" for one in done)
        return {"text": text, "output": {one.agent: one.answer["output"] for one in done}}

    def facts(self) -> dict[str, Any]:
        """Returns the fields of `TeamInfo` that this kind has."""
        merge = self.merge if isinstance(self.merge, str) else "function"
        if isinstance(self.merge, AgentHandle):
            merge = self.merge.agent_name
        return {"merge": merge, "max_concurrency": self.most}


def _question(said: str, done: list[Assignment]) -> str:
    texts = [one.answer["text"] for one in done]
    marks = Marks([said, *texts])
    answers = [
        marks.around(f"Answer of {one.agent}", text) for one, text in zip(done, texts, strict=True)
    ]
    return "\n\n".join(
        [
            "Several agents were asked the same. Make one answer of theirs. Where they contradict "
            f"each other, say so or decide with reasons.\n{marks.rule}",
            marks.around("They were asked", said),
            *answers,
        ]
    )
