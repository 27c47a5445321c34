"""Runs agents: our tools, limits and records on the agent library's loop."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from pydantic_ai import (
    Agent,
    DeferredToolRequests,
    ModelRetry,
    RunContext,
    Tool,
    ToolFailed,
    UsageLimits,
)
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import (
    AgentRunError,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
    UserError,
)
from pydantic_ai.messages import (
    ModelResponse,
    ToolReturnPart,
)
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.run import AgentRunResult, AgentRunResultEvent

from bridges._agents.agent import RUNNING, AgentSpec, Ended, Leg, Tally, Turn
from bridges._errors import (
    LimitExceeded,
    ProviderFailed,
    SpellError,
    TimeLimit,
)
from bridges._handoffs.handoff import HandoffSpec
from bridges._llm.costs import cost_of
from bridges._llm.failures import translate
from bridges._llm.guarding import Guards
from bridges._llm.history import (
    OUTPUT_TOOL,
    arguments_of,
    content_of,
    from_library,
    text_of,
    to_library,
)
from bridges._llm.models import open_model
from bridges._llm.named import NamedModel, answered_by
from bridges._llm.shapes import answer_type, piece_of, settings_of, unwrap, wrap
from bridges._llm.transfers import transfer_tool
from bridges._pauses import Pauses
from bridges._schema import problems
from bridges._session import Session
from bridges._tools import Report, ToolSpec
from bridges._types import Text

SETTINGS = ("temperature", "max_tokens", "timeout", "retries")
"""What an agent says of its requests."""
REPAIRS = 1
"""How often a model may correct a structured answer that does not fit its schema."""


async def run_agent(
    session: Session, spec: AgentSpec, turn: Turn, model: NamedModel, leg: Leg
) -> Ended:
    """Runs an agent until it answers or hands over."""
    run = _Run(session, spec, turn, model, leg)
    async with run.guard():
        turn = await run.look()
        result = await run.agent().run(turn.prompt, **run.options())
        return await run.ended(result)


async def stream_agent(
    session: Session, spec: AgentSpec, turn: Turn, model: NamedModel, leg: Leg
) -> AsyncGenerator[str | Ended]:
    """Yields the text of every step as it arrives and, last, how it ended."""
    run = _Run(session, spec, turn, model, leg)
    result: AgentRunResult[Any] | None = None
    if run.guards.guards_output:
        # No piece may leave before all of the text has been looked at.
        ended = await run_agent(session, spec, turn, model, leg)
        for step in ended.answer["steps"]:
            if step["kind"] == "model" and step["text"]:
                yield step["text"]
        yield ended
        return
    async with run.guard():
        turn = await run.look()
        async with run.agent().run_stream_events(turn.prompt, **run.options()) as events:
            async for event in events:
                if isinstance(event, AgentRunResultEvent):
                    result = event.result
                elif text := piece_of(event):
                    yield text
    if result is None:
        raise ProviderFailed(f"the agent {spec.name!r} ended without an answer")
    yield await run.ended(result)


class _Run:
    """One run of an agent: what it was given, and what is noted on the way."""

    def __init__(
        self, session: Session, spec: AgentSpec, turn: Turn, model: NamedModel, leg: Leg
    ) -> None:
        self._model = model
        self._leg = leg
        self._session = session
        self._spec = spec
        self._turn = turn
        self._began = time.monotonic()
        self._reports: dict[str, Report] = {}
        self._misfit = ""
        self._misfits = 0
        self.tally: Tally = leg.whole.part()
        self.guards = Guards(session, spec, self.tally)
        self.responses: list[ModelResponse] = []
        self.durations: list[float] = []

    async def look(self) -> Turn:
        """Returns what is said, as the guardrails let it pass."""
        self._turn = await self.guards.turn(self._turn)
        return self._turn

    def agent(self) -> Agent[None, Any]:
        """Builds the library's agent."""
        spec = self._spec
        answer = answer_type(spec.output_schema)
        agent: Agent[None, Any] = Agent(
            self._model,
            name=spec.name,
            instructions=spec.system_prompt or None,
            tools=[*map(self._tool, spec.tools), *map(self._transfer, spec.handoffs)],
            # A handoff ends this run as well as an answer does.
            output_type=[answer, DeferredToolRequests] if spec.handoffs else answer,
            model_settings=settings_of({key: getattr(spec, key) for key in SETTINGS}),
            # Calls of unknown tools and broken arguments are bounded by max_steps alone.
            retries={"tools": spec.max_steps, "output": REPAIRS + self.guards.most_retries},
            capabilities=[_Record(self)],
        )
        if spec.output_schema is not None or self.guards.guards_output:
            agent.output_validator(self._check_output)
        return agent

    async def current(self) -> NamedModel:
        """Returns the model that the next request goes to."""
        spec = self._spec
        self._model = await open_model(self._session, spec.switch.model or spec.model)
        return self._model

    def options(self) -> dict[str, Any]:
        """Returns what each run of the library's agent is given."""
        return {
            "message_history": to_library(self._turn.history),
            "usage_limits": UsageLimits(request_limit=self._spec.max_steps),
            "infer_name": False,
        }

    def _tool(self, spec: ToolSpec) -> Tool[None]:
        async def call(ctx: RunContext[None], /, **arguments: Any) -> Any:
            token = RUNNING.set(self.tally)
            try:
                report = await self._called(spec, arguments, ctx.tool_call_id or "")
            finally:
                RUNNING.reset(token)
            if report.error:
                raise ToolFailed(report.error)
            result = report.result
            return result.text if isinstance(result, Text) else result

        return Tool.from_schema(
            call, spec.name, spec.description, copy.deepcopy(spec.parameters), takes_ctx=True
        )

    def _transfer(self, spec: HandoffSpec) -> Tool[None]:
        return transfer_tool(spec, self._leg, self._spec.name, self._called)

    async def _called(self, tool: ToolSpec, arguments: dict[str, Any], id: str) -> Report:
        report = self._reports[id] = await self.guards.call(tool, arguments, id)
        return report

    async def _check_output(self, output: Any) -> Any:
        schema = self._spec.output_schema
        said = content_of(self.responses[-1]) if self.responses else ""
        if schema is None:
            return await self.guards.output(output, said)
        wrong = problems(schema, unwrap(schema, output))
        if wrong:
            self._misfits += 1
            self._misfit = "; ".join(wrong)
            if self._misfits > REPAIRS:
                raise UnexpectedModelBehavior("the answer does not fit the schema")
            raise ModelRetry(f"the answer does not fit the schema: {self._misfit}")
        found = await self.guards.output(unwrap(schema, output), said)
        return wrap(schema, found)

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[None]:
        """Limits the time of what happens inside and translates the library's errors."""
        spec = self._spec
        try:
            async with self._session.shared(Pauses).limit(spec.timeout) as clock:
                yield
        except TimeoutError:
            if not clock.expired():
                raise
            raise TimeLimit(
                f"the agent {spec.name!r} took longer than {spec.timeout:g} seconds",
                hint="raise the option timeout",
            ) from None
        except (AgentRunError, UserError) as error:
            raise self._translated(error) from error

    def _translated(self, error: AgentRunError | UserError) -> SpellError:
        spec = self._spec
        blocked = self.guards.blocked()
        if blocked:
            return blocked
        # What no guardrail has passed is not for the error either.
        details = {} if self.guards.guards_output else {"text": self._last_text()}
        if isinstance(error, UsageLimitExceeded):
            return LimitExceeded(
                f"the agent {spec.name!r} was not done after {spec.max_steps} model requests",
                hint="raise the option max_steps, or give the agent less to do",
                details={"limit": "max_steps", **details},
            )
        cut_off = bool(self.responses) and self.responses[-1].finish_reason == "length"
        if cut_off and isinstance(error, UnexpectedModelBehavior):
            return ProviderFailed(
                f"the answer for the agent {spec.name!r} was cut off by the token limit",
                hint="raise the option max_tokens",
                details=details,
            )
        if isinstance(error, UnexpectedModelBehavior) and spec.output_schema is not None:
            why = self._misfit or "the model gave no structured answer"
            if self.guards.guards_output:
                why = "no guardrail has seen it"
            return ProviderFailed(
                f"the answer for the agent {spec.name!r} does not fit output_schema: {why}",
                hint="make the schema simpler, describe its fields, or use a stronger model",
                details=details,
            )
        return translate(error, self._model.ref.name)

    def _last_text(self) -> str:
        if not self.responses:
            return ""
        last = self.responses[-1]
        calls = [c for c in last.tool_calls if c.tool_name == OUTPUT_TOOL]
        return json.dumps(arguments_of(calls[0])) if calls else last.text or ""

    async def ended(self, result: AgentRunResult[Any]) -> Ended:
        """Returns the answer, or who goes on."""
        accepted = self._leg.accepted
        over = isinstance(result.output, DeferredToolRequests)
        if accepted and not over:
            await self._leg.journey.take_back(accepted, f"{self._spec.name!r} answered itself")
            accepted = None
        answer = await self._answer(result, "" if over else result.output)
        new = from_library(result.new_messages())
        return Ended(answer, new, len(self.responses), accepted)

    async def _answer(self, result: AgentRunResult[Any], said: Any) -> dict[str, Any]:
        """Returns the fields of `AgentResult` that one agent's part has."""
        schema = self._spec.output_schema
        output = said if schema is None else unwrap(schema, said)
        text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
        messages, steps = from_library(result.all_messages()), list(self._steps(result))
        if self._spec.guardrails:
            new = messages[-len(from_library(result.new_messages())) :]
            await self._conceal(new, steps, text)
        return {
            "text": text,
            "output": output,
            **self.tally.fields(),
            "agent": self._spec.name,
            "model": self._answered(),
            "messages": messages,
            "steps": steps,
            "duration": time.monotonic() - self._began,
        }

    def _answered(self) -> str:
        """Returns the name of the model that has answered last."""
        if not self.responses:
            return self._model.ref.name
        return answered_by(self.responses[-1], self._model)

    async def _conceal(
        self, messages: list[dict[str, Any]], steps: list[dict[str, Any]], text: str
    ) -> None:
        """Shows nothing in the messages and steps of the run that a guardrail kept back."""
        for message in messages:
            for call in message.get("tool_calls", []):
                call["arguments"] = self.guards.arguments(call["id"], call["arguments"])
        if not self.guards.guards_output:
            return
        said = [m for m in messages if m["role"] in ("assistant", "user")]
        while said[0]["role"] == "user":  # what was asked, which guardrails of the input saw
            del said[0]
        spoken = [step for step in steps if step["kind"] == "model"]
        # The answer itself has been looked at; what stands beside it has not.
        said.pop()["content"] = spoken.pop()["text"] = text
        shown = await self.guards.shown(
            [*(m["content"] for m in said), *(s["text"] for s in spoken)]
        )
        for message in said:
            message["content"] = shown.get(message["content"], message["content"])
        for step in spoken:
            step["text"] = shown.get(step["text"], step["text"])

    def _steps(self, result: AgentRunResult[Any]) -> Any:
        arguments: dict[str, Any] = {}
        durations = iter(self.durations)
        for message in result.new_messages():
            if isinstance(message, ModelResponse):
                for call in message.tool_calls:
                    asked = self.guards.arguments(call.tool_call_id, arguments_of(call))
                    arguments[call.tool_call_id] = asked
                yield {
                    "kind": "model",
                    "text": message.text or "",
                    "duration": next(durations, 0.0),
                }
                continue
            for part in message.parts:
                # What goes on from a tool's result has it among its new messages.
                if isinstance(part, ToolReturnPart) and part.tool_call_id in arguments:
                    if part.tool_name != OUTPUT_TOOL:
                        yield self._tool_step(part, arguments[part.tool_call_id])

    def _tool_step(self, part: ToolReturnPart, arguments: dict[str, Any]) -> dict[str, Any]:
        report = self._reports.get(part.tool_call_id) or Report(error=text_of(part))
        step = {"kind": "tool", "tool": part.tool_name, "arguments": arguments}
        said = {"error": report.error} if report.error else {"result": report.result}
        return {**step, **said, "duration": report.duration}


class _Record(AbstractCapability[None]):
    """Notes every model request of a run: its answer, its time, what it used."""

    def __init__(self, run: _Run) -> None:
        self._run = run

    async def wrap_model_request(
        self,
        ctx: RunContext[None],
        *,
        request_context: ModelRequestContext,
        handler: Callable[[ModelRequestContext], Awaitable[ModelResponse]],
    ) -> ModelResponse:
        began = time.monotonic()
        # It may have been switched since the last request.
        model = await self._run.current()
        response = await handler(replace(request_context, model=model))
        self._run.responses.append(response)
        self._run.durations.append(time.monotonic() - began)
        usage, cost = response.usage, cost_of(response)
        spent = None if cost is None else float(cost)
        self._run.tally.add(usage.input_tokens, usage.output_tokens, spent)
        return response
