"""The one way of every request: budget, deadlines, retries, charging, log."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent

from bridges._budget import Budget
from bridges._errors import BudgetExceeded, SpellError
from bridges._llm import tries
from bridges._llm.models import open_model
from bridges._session import Session
from tests.models.asking import ask, failure, lines, running, session_at
from tests.models.servers import Servers


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "FIRST_WAIT", 0.02)


def stream_result(session: Any, options: dict[str, Any]) -> Any:
    async def work() -> Any:
        stream = await session.door.call_async(session.door.number("LLM.stream"), [options])
        return await stream.result()

    return running(session, work)


@pytest.mark.parametrize("model", ["flaky-2", "limited-2"])
def test_failures_that_pass_are_tried_again(model: str, servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"retries": 2})
    assert ask(session, "LLM.complete", "x", {"model": f"lab:{model}"})["text"] == "echo: x"
    assert len(servers.requests) == 3
    again = [line for line, _ in lines(session, "info") if line.startswith("trying again")]
    assert len(again) == 2


@pytest.mark.parametrize("provider", ["openai", "openai-chat", "anthropic", "google"])
def test_only_one_layer_retries(provider: str, servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"retries": 1})
    failure(session, "LLM.complete", "x", {"model": f"{provider}:error-500"})
    assert len(servers.requests) == 2


def test_a_call_may_say_how_often(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"retries": 5})
    failure(session, "LLM.complete", "x", {"model": "lab:error-500", "retries": 0})
    assert len(servers.requests) == 1


@pytest.mark.parametrize("model", ["error-401", "error-400", "error-404", "error-context"])
def test_what_will_not_pass_is_not_tried_again(
    model: str, servers: Servers, tmp_path: Path
) -> None:
    session = session_at(servers, tmp_path, models={"retries": 3})
    failure(session, "LLM.complete", "x", {"model": f"lab:{model}"})
    assert len(servers.requests) == 1


def test_retry_after_is_waited_for(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"retries": 1, "timeout": 60.0})
    began = time.monotonic()
    failure(session, "LLM.complete", "x", {"model": "lab:wait-1"})
    assert 1 <= time.monotonic() - began
    assert len(servers.requests) == 2


def test_a_wait_beyond_the_deadline_is_not_begun(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"retries": 3, "timeout": 40.0})
    began = time.monotonic()
    found = failure(session, "LLM.complete", "x", {"model": "lab:wait-60"})
    assert time.monotonic() - began < 30
    assert found.code == "provider_rate_limited"
    assert found.details["retry_after"] == 60
    assert len(servers.requests) == 1


def test_waits_grow_and_differ(servers: Servers, tmp_path: Path) -> None:
    from bridges._errors import ProviderUnavailable
    from bridges._llm.names import find

    session = session_at(servers, tmp_path)

    async def waits() -> list[list[float | None]]:
        policy = tries.Policy(1e6, 1, 1, 20)
        request = tries.Request(session, find(session, "lab:x"), policy)
        down = ProviderUnavailable("down")
        return [[request._wait(down, tried) for _ in range(20)] for tried in (0, 4, 19)]

    first, fifth, last = running(session, waits)
    assert len(set(first)) > 1
    assert all(wait is not None and 0.01 <= wait <= 0.02 for wait in first)
    assert all(wait is not None and 0.16 <= wait <= 0.32 for wait in fifth)
    assert all(wait is not None and wait <= tries.LONGEST_WAIT for wait in last)


def test_the_timeout_covers_all_tries(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"retries": 50})
    began = time.monotonic()
    options = {"model": "lab:slow-60", "timeout": 0.4}
    found = failure(session, "LLM.complete", "x", options)
    assert found.code == "timeout"
    assert "0.4 seconds in all" in found.message
    assert 0.35 < time.monotonic() - began < 30


@pytest.mark.parametrize("provider", ["openai", "openai-chat", "anthropic", "google"])
def test_a_stream_must_begin_in_time(provider: str, servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"first_byte": 0.2})
    with pytest.raises(SpellError, match=r"did not answer within 0\.2 seconds") as caught:
        stream_result(session, {"model": f"{provider}:slow-9", "prompt": "x"})
    assert caught.value.code == "timeout"


@pytest.mark.parametrize("provider", ["openai", "openai-chat", "anthropic", "google"])
def test_a_stream_may_not_fall_silent(provider: str, servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"idle": 0.2})
    with pytest.raises(SpellError, match=r"did not go on within 0\.2 seconds") as caught:
        stream_result(session, {"model": f"{provider}:stall-9", "prompt": "a b c"})
    assert caught.value.code == "timeout"


def test_a_stream_has_to_end_in_time(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"idle": 5.0})
    options = {"model": "lab:drip-0.1", "prompt": "a b c d e f g h i j k l", "timeout": 0.4}
    with pytest.raises(SpellError, match=r"within 0\.4 seconds in all"):
        stream_result(session, options)


def test_a_stream_is_tried_again_before_its_first_piece(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"retries": 2})
    found = stream_result(session, {"model": "lab:flaky-2", "prompt": "x"})
    assert found["text"] == "echo: x"
    assert len(servers.requests) == 3


def test_a_stream_is_not_tried_again_once_it_has_begun(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"retries": 2})
    with pytest.raises(SpellError):
        stream_result(session, {"model": "lab:cut", "prompt": "a b c"})
    assert len(servers.requests) == 1


def test_connecting_is_bounded(servers: Servers, tmp_path: Path) -> None:
    import socket

    from bridges._settings import Provider

    # A listener whose queue is full answers no further connection.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        kinds: tuple[Any, ...] = ("openai", "anthropic", "google")
        for kind in kinds:
            models = {"providers": {"far": Provider(kind, url)}, "connect": 0.2}
            session = session_at(servers, tmp_path, models=models)
            began = time.monotonic()
            failure(session, "LLM.complete", "x", {"model": "far:x"})
            assert time.monotonic() - began < 20, kind
        for one in waiting:
            one.close()


def test_a_spent_budget_stops_the_next_request(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, budget=Budget(max_tokens=20))

    async def work() -> None:
        number = session.door.number("LLM.complete")
        await session.door.call_async(number, ["x", {"model": "lab:echo"}])
        await session.door.call_async(number, ["x", {"model": "lab:echo"}])
        with pytest.raises(BudgetExceeded):
            await session.door.call_async(number, ["x", {"model": "lab:echo"}])

    running(session, work)
    assert len(servers.requests) == 2
    assert (session.budget.input_tokens, session.budget.output_tokens) == (22, 14)


def test_requests_at_once_do_not_pass_the_limit_together(servers: Servers, tmp_path: Path) -> None:
    above = Budget(max_requests=3)
    session = session_at(servers, tmp_path, budget=Budget(parent=above))

    async def work() -> list[Any]:
        number = session.door.number("LLM.complete")
        options = {"model": "lab:slow-0.1"}
        calls = [session.door.call_async(number, ["x", options]) for _ in range(10)]
        return await asyncio.gather(*calls, return_exceptions=True)

    found = running(session, work)
    assert len(servers.requests) == 3
    assert sum(isinstance(one, BudgetExceeded) for one in found) == 7
    assert (above.requests, above.waiting) == (3, 0)


def test_streams_embeddings_and_failures_are_counted_too(servers: Servers, tmp_path: Path) -> None:
    budget = Budget(max_requests=2)

    def session() -> Session:
        return session_at(servers, tmp_path, budget=budget)

    stream_result(session(), {"model": "lab:echo", "prompt": "x"})
    assert (budget.requests, budget.input_tokens, budget.output_tokens) == (1, 11, 7)
    failure(session(), "LLM.complete", "x", {"model": "lab:drop"})
    assert (budget.requests, budget.waiting) == (1, 0)
    ask(session(), "LLM.embed", "x", {"model": "lab:e"})
    assert (budget.requests, budget.input_tokens) == (2, 15)
    for function in ("LLM.embed", "LLM.complete"):
        assert failure(session(), function, "x", {"model": "lab:e"}).code == "budget_exceeded"


def test_answers_are_no_longer_than_the_budget_allows(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, budget=Budget(max_tokens=100))
    ask(session, "LLM.complete", "x", {"model": "lab:echo", "max_tokens": 5000})
    body = servers.requests[-1].body
    assert 100 in (body.get("max_tokens"), body.get("max_completion_tokens"))


def test_known_prices_are_charged(servers: Servers, tmp_path: Path) -> None:
    # The price list knows gpt-4o-mini; 11 tokens in at 0.15 and 7 out at 0.60 dollars a million.
    session = session_at(servers, tmp_path)
    found = ask(session, "LLM.complete", "x", {"model": "openai-chat:gpt-4o-mini"})
    assert found["cost"] == pytest.approx(11 * 0.15e-6 + 7 * 0.6e-6)
    assert session.budget.cost == Decimal("0.00000585")


def test_the_log_says_what_was_asked_and_what_came(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)
    ask(session, "LLM.complete", "secret question", {"model": "lab:echo"})
    assert ("asking a model", {"model": "lab:echo"}) in lines(session, "debug")
    [(message, fields)] = lines(session, "info")
    assert message == "a model answered"
    assert (fields["model"], fields["input_tokens"], fields["output_tokens"]) == ("lab:echo", 11, 7)
    assert "secret" not in str(session.lines)  # type: ignore[attr-defined]


def test_an_agent_of_the_library_takes_the_same_way(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"retries": 1})

    async def work() -> str:
        model = await open_model(session, "lab:flaky-1")
        assert model is await open_model(session, "lab/flaky-1")
        result = await Agent(model).run("hello", infer_name=False)
        return result.output

    assert running(session, work) == "echo: hello"
    assert session.budget.requests == 1
