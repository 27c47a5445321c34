"""What the guardrails of an agent do in one run of it."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pydantic_ai import ModelRetry

from bridges._agents.agent import RUNNING, AgentSpec, Tally, Turn
from bridges._errors import GuardrailBlocked
from bridges._guardrails.handle import Outcome, Violation, is_guarded, judge_all
from bridges._schema import problems
from bridges._session import Session
from bridges._tools import Report, ToolSpec, as_text, call_for_model

MOST_PASSED = 10_000
_CHECKED_ROLES = ("user", "system")


class Passed:
    """Texts of earlier messages that a run's guardrails have nothing against."""

    def __init__(self, _session: Session) -> None:
        self._known: OrderedDict[tuple[Any, ...], None] = OrderedDict()

    def holds(self, key: tuple[Any, ...]) -> bool:
        """Tells whether a text has passed before."""
        return key in self._known

    def add(self, key: tuple[Any, ...]) -> None:
        """Notes a text; the oldest goes when there are too many."""
        self._known[key] = None
        if len(self._known) > MOST_PASSED:
            self._known.popitem(last=False)


class Guards:
    """The guardrails of one run of an agent.

    guards_output: whether nothing may leave before it has been checked
    most_retries: how often a guardrail may have the model answer again, all together
    """

    def __init__(self, session: Session, spec: AgentSpec, tally: Tally) -> None:
        """tally: what their models, and agents that their functions ask, are counted in"""
        self._session = session
        self._tally = tally
        self._spec = spec
        self._guardrails = spec.guardrails
        self._retries: dict[str, int] = {}
        self._arguments: dict[str, dict[str, Any]] = {}
        self._rejected: Outcome | None = None
        self._shown: dict[str, str] = {}
        self.guards_output = is_guarded(spec.guardrails, "output")
        self.most_retries = sum(
            part.retries
            for guardrail in spec.guardrails
            for part in guardrail.specs
            if part.action == "retry" and "output" in part.on
        )

    async def turn(self, turn: Turn) -> Turn:
        """Returns the input as the model may see it; raises GuardrailBlocked."""
        if not is_guarded(self._guardrails, "input"):
            return turn
        history = [await self._message(message) for message in turn.history]
        prompt = turn.prompt
        if prompt is not None:
            prompt = as_text(await self._input(prompt))
        return Turn(history, prompt)

    async def _message(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["role"] not in _CHECKED_ROLES:
            return message
        content = as_text(message.get("content"))
        passed: Passed = self._session.shared(Passed)
        digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()
        key = (*map(id, self._guardrails), digest)
        if passed.holds(key):
            return message
        left = as_text(await self._input(content))
        if left == content:
            passed.add(key)
            return message
        return {**message, "content": left}

    async def _input(self, text: str) -> Any:
        outcome = await self._judged(text, "input")
        if not outcome.ok:
            raise outcome.error("input")
        return outcome.value

    async def output(self, output: Any, said: str) -> Any:
        """Returns the answer as it may leave; raises GuardrailBlocked, or has the model try again.

        output: text, or data that fits the agent's schema; said: how it stands in the messages
        """
        if not self.guards_output:
            return output
        outcome = await self._judged(output, "output")
        if outcome.ok:
            self._rejected = None
            return self._fitting(output, outcome)
        used = self._retries.get(outcome.guardrail, 0)
        if outcome.action != "retry" or used >= outcome.retries:
            raise outcome.error("output")
        self._retries[outcome.guardrail] = used + 1
        self._rejected = outcome
        self._shown[said] = _withheld(outcome)
        raise ModelRetry(f"The answer was refused: {outcome.advice()}. Give another answer.")

    def _fitting(self, output: Any, outcome: Outcome) -> Any:
        schema, value = self._spec.output_schema, outcome.value
        if value is output:
            return output
        if schema is None:
            return as_text(value)
        if problems(schema, value):
            message = "what is left of the answer does not fit output_schema"
            left = Violation(outcome.guardrail, "output_schema", "schema", message)
            violations = (*outcome.violations, left)
            raise Outcome("block", None, violations, outcome.guardrail).error("output")
        return value

    def blocked(self) -> GuardrailBlocked | None:
        """Returns the error for an answer that was refused and never replaced."""
        return self._rejected.error("output") if self._rejected else None

    async def call(self, tool: ToolSpec, arguments: Any, call_id: str) -> Report:
        """Calls a tool for the model, between a look at its arguments and one at its result."""
        about = {"tool": tool.name}
        given = await self._judged(arguments, "tool_input", about)
        if not given.ok or not isinstance(given.value, dict):
            self._arguments[call_id] = {}
            return Report(error=_refusal(given, "arguments"))
        if given.value is not arguments:
            self._arguments[call_id] = given.value
        report = await call_for_model(self._session, tool, given.value)
        shown = report.error or report.result
        found = await self._judged(shown, "tool_output", about)
        if not found.ok:
            return Report(error=_refusal(found, "result"), duration=report.duration)
        if report.error:
            return replace(report, error=as_text(found.value))
        return replace(report, result=found.value)

    async def _judged(self, value: Any, where: str, about: dict[str, str] | None = None) -> Outcome:
        said = {"agent": self._spec.name, **(about or {})}
        token = RUNNING.set(self._tally)
        try:
            return await judge_all(self._session, self._guardrails, value, where, said)
        finally:
            RUNNING.reset(token)

    def arguments(self, call_id: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Returns what a tool was called with, where the model asked for something else."""
        return self._arguments.get(call_id, asked)

    async def shown(self, texts: Iterable[str]) -> dict[str, str]:
        """Returns what may be shown of texts that came before the answer, each by itself."""
        for text in texts:
            if text and text not in self._shown:
                outcome = await self._judged(text, "output")
                left = as_text(outcome.value) if outcome.ok else _withheld(outcome)
                self._shown[text] = left
        return self._shown


def _refusal(outcome: Outcome, what: str) -> str:
    said = outcome.advice() or "what is left of it is no map"
    return f"a guardrail keeps back the {what}: {said}"


def _withheld(outcome: Outcome) -> str:
    return f"[withheld by the guardrail {outcome.guardrail!r}]"
