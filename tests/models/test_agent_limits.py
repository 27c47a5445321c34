"""What ends an agent's run early, and agents that work for agents."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bridges._agents.agent import MAX_DEPTH, RUNNING, Tally
from bridges._budget import Budget
from bridges._errors import (
    BudgetExceeded,
    Cancelled,
    LimitExceeded,
    ModelNotFound,
    ProviderFailed,
    ReplayMiss,
    TimeLimit,
    WorkerCrashed,
)
from bridges._session import Session
from bridges._settings import ModelSettings, Provider
from bridges.stream import AHEAD, Stream
from tests.door import Function, call, fails, finish, gives, sleeps, wait_for
from tests.models.servers import Servers
from tests.sessions import make_session


@pytest.fixture
def session(tmp_path: Path, servers: Servers) -> Session:
    providers = {"lab": Provider("openai", servers.openai_url, "key")}
    return make_session(tmp_path, models=ModelSettings(providers=providers))


def tool(run: Function, **options: Any) -> dict[str, Any]:
    return {"name": "work", "description": "d", "run": run, **options}


def new(session: Session, model: str, **options: Any) -> Any:
    return call(session, "Agent.new", {"model": model, **options})


def ask(session: Session, agent: Any, **options: Any) -> Any:
    return finish(session, wait_for(session, "Agent:run", agent, "hi", options))


def test_a_loop_of_tool_calls_ends_at_max_steps(session: Session) -> None:
    run = gives("again")
    with pytest.raises(LimitExceeded, match="not done after 3 model requests") as caught:
        ask(session, new(session, "lab:loop", tools=[tool(run)], max_steps=3))
    assert session.budget.requests == len(run.calls) == 3
    assert caught.value.details["limit"] == "max_steps"


def test_the_run_may_lower_max_steps(session: Session) -> None:
    with pytest.raises(LimitExceeded):
        ask(session, new(session, "lab:loop", tools=[tool(gives(1))]), max_steps=1)
    assert session.budget.requests == 1


def test_ten_steps_are_the_default(session: Session) -> None:
    with pytest.raises(LimitExceeded):
        ask(session, new(session, "lab:loop", tools=[tool(gives(1))]))
    assert session.budget.requests == 10


def test_calls_of_unknown_tools_and_broken_arguments_only_cost_steps(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    calls = [{"name": "nothing"}, {"name": "nothing"}, {"name": "nothing"}]
    steps = [{"tool_calls": [one]} for one in calls]
    script.write_text(str([*steps, {"text": "done"}]).replace("'", '"'))
    session = make_session(tmp_path)
    answer = ask(session, new(session, f"test:{script}", tools=[tool(gives(1))]))
    assert answer.text == "done"
    assert ["error" in step for step in answer["steps"] if step["kind"] == "tool"] == [True] * 3


def test_the_timeout_ends_the_request(session: Session) -> None:
    began = time.monotonic()
    with pytest.raises(TimeLimit, match="'agent' took longer than 0.2 seconds"):
        ask(session, new(session, "lab:slow-30", timeout="200ms"))
    assert time.monotonic() - began < 25


def test_the_timeout_ends_the_tools(session: Session) -> None:
    run = sleeps()
    import_module("pydantic_ai.models.openai")  # outside the time measured
    with pytest.raises(TimeLimit):
        ask(session, new(session, "lab:tool", timeout=4, tools=[tool(run)]))
    assert run.cancelled == 1


def test_a_slow_tool_fails_and_the_run_goes_on(session: Session) -> None:
    run = sleeps()
    answer = ask(session, new(session, "lab:tool", tools=[tool(run, timeout="50ms")]))
    assert "took longer than 0.05 seconds" in answer.text
    assert run.cancelled == 1


def test_cancelling_a_run_cancels_its_tools(session: Session) -> None:
    run = sleeps()
    agent = new(session, "lab:tool-all", tools=[tool(run), tool(run, name="more")])

    async def cancel() -> None:
        task = asyncio.ensure_future(wait_for(session, "Agent:run", agent, "hi"))
        while len(run.calls) < 2:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert run.cancelled == 2

    finish(session, cancel())


def test_cancelling_a_run_drops_its_request(session: Session, servers: Servers) -> None:
    agent = new(session, "lab:slow-30")

    async def cancel() -> float:
        task = asyncio.ensure_future(wait_for(session, "Agent:run", agent, "hi"))
        while not servers.requests:
            await asyncio.sleep(0.01)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - began

    assert finish(session, cancel()) < 25


def test_closing_a_stream_ends_the_run(session: Session) -> None:
    run = sleeps()
    agent = new(session, "lab:tool", tools=[tool(run)])

    async def close() -> None:
        stream = await wait_for(session, "Agent:stream", agent, "hi")
        while not run.calls:
            await asyncio.sleep(0.01)
        await wait_for(session, "Stream:close", stream)
        with pytest.raises(Cancelled):
            await wait_for(session, "Stream:result", stream)

    finish(session, close())
    assert run.cancelled == 1


def test_closing_a_stream_nobody_reads_cleans_up_in_its_own_task() -> None:
    tasks: list[Any] = []

    async def source() -> AsyncIterator[str]:
        tasks.append(asyncio.current_task())
        try:
            while True:
                yield "word"
        finally:
            tasks.append(asyncio.current_task())

    async def close() -> None:
        stream = Stream(source())
        while len(tasks) < 1 or stream._queue.qsize() < AHEAD:
            await asyncio.sleep(0)
        await stream.close()
        while not tasks[0].done():
            await asyncio.sleep(0)

    asyncio.run(close())
    assert len(tasks) == 2
    assert tasks[0] is tasks[1]


def test_a_stream_that_fails_says_so_to_its_reader(session: Session) -> None:
    agent = new(session, "lab:drip-30", timeout=0.3)

    async def read() -> None:
        stream = await wait_for(session, "Agent:stream", agent, "one two three")
        while not (await wait_for(session, "Stream:next", stream))["done"]:
            pass

    with pytest.raises(TimeLimit):
        finish(session, read())


def test_an_answer_cut_off_by_the_token_limit_is_named_so(session: Session) -> None:
    with pytest.raises(ProviderFailed, match="cut off by the token limit") as caught:
        ask(session, new(session, "lab:length", output_schema={"name": "string"}))
    assert "max_tokens" in caught.value.hint


def test_an_unknown_model_is_told_at_the_run(session: Session) -> None:
    agent = new(session, "labb:echo")
    with pytest.raises(ModelNotFound):
        ask(session, agent)


def test_retries_of_the_agent_are_the_requests(session: Session, servers: Servers) -> None:
    with pytest.raises(ProviderFailed):
        ask(session, new(session, "lab:error-503", retries=0))
    assert len(servers.requests) == 1


def test_an_agent_works_for_another(session: Session) -> None:
    helper = new(session, "lab:say-from_the_helper", name="helper")
    answer = ask(session, new(session, "lab:tool", tools=[helper]))
    assert answer.text == "the tool said: from the helper"
    assert answer["steps"][1]["arguments"] == {"input": "sample"}
    # The helper's request counts for the agent that asked it.
    assert answer["usage"]["requests"] == 3
    assert session.budget.requests == 3


def test_an_agent_as_a_tool_of_the_run(session: Session) -> None:
    helper = new(session, "lab:echo", output_schema={"name": "string"}, name="my helper")
    made = call(session, "Agent:as_tool", helper, {"description": "Finds names"})
    assert call(session, "Tool:info", made)["description"] == "Finds names"
    found = finish(session, wait_for(session, "Tool.call", "my_helper", {"input": "who?"}))
    assert found == {"name": "sample"}


def test_a_helpers_limit_is_a_tools_failure(session: Session) -> None:
    helper = new(session, "lab:loop", tools=[tool(gives(1))], max_steps=2, name="helper")
    answer = ask(session, new(session, "lab:tool", tools=[helper]))
    assert "not done after 2 model requests" in answer["steps"][1]["error"]


def test_an_empty_budget_ends_the_whole_run(tmp_path: Path, session: Session) -> None:
    session.budget = Budget(max_requests=2)
    helper = new(session, "lab:loop", tools=[tool(gives(1))], name="helper")
    with pytest.raises(BudgetExceeded):
        ask(session, new(session, "lab:tool", tools=[helper]))
    assert session.budget.requests == 2


@pytest.mark.parametrize("kind", [BudgetExceeded, ReplayMiss, WorkerCrashed])
def test_what_no_model_can_mend_ends_the_run(session: Session, kind: Any) -> None:
    agent = new(session, "lab:tool", tools=[tool(fails(kind("it is over")))])
    with pytest.raises(kind, match="it is over"):
        ask(session, agent)
    assert session.budget.requests == 1


def test_agents_call_one_another_only_so_deep(session: Session) -> None:
    agent = new(session, "lab:echo", name="a0")
    for depth in range(MAX_DEPTH + 1):
        agent = new(session, "lab:tool", tools=[agent], name=f"a{depth + 1}")
    answer = ask(session, agent)
    assert answer["usage"]["requests"] == 2 * (MAX_DEPTH + 1)
    lines = session.lines  # type: ignore[attr-defined]
    assert any("deeper" in message for _, message, _ in lines)
    assert RUNNING.get() is None


def test_what_helpers_cost_counts_for_all_who_wait() -> None:
    top = Tally()
    middle = Tally(1, parent=top)
    Tally(2, parent=middle).add(3, 4, 0.5)
    middle.add(1, 1, None)
    assert (top.requests, top.input_tokens, top.output_tokens, top.cost) == (2, 4, 5, 0.5)


def test_making_an_agent_loads_no_model_library(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from tests.door import call, gives
from tests.sessions import make_session
session = make_session(Path({str(tmp_path)!r}))
schema = {{"city": "string"}}
tool = {{"name": "t", "parameters": schema, "run": gives(1)}}
agent = call(session, "Agent.new", {{"tools": ["calculator", tool], "output_schema": schema}})
call(session, "Agent:info", agent)
loaded = {{"pydantic_ai", "openai", "anthropic", "google.genai", "httpx2"}} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
