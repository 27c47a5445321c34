"""The models for tests: test:echo and test:FILE.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent

from bridges._errors import ConfigError, PermissionDenied, SpellError
from bridges._llm.models import open_model
from bridges._permissions import Grants
from tests.models.asking import ask, failure, running
from tests.sessions import make_session


def script(tmp_path: Path, steps: Any) -> str:
    """Writes a script and returns its model's name."""
    (tmp_path / "script.json").write_text(json.dumps(steps))
    return "test:script.json"


def test_echo_answers_with_the_prompt(tmp_path: Path) -> None:
    found = ask(make_session(tmp_path), "LLM.complete", "hello", {"model": "test:echo"})
    assert (found["text"], found["model"], found["finish_reason"]) == ("hello", "test:echo", "stop")


def test_echo_streams_in_words(tmp_path: Path) -> None:
    session = make_session(tmp_path)

    async def work() -> list[Any]:
        number = session.door.number("LLM.stream")
        stream = await session.door.call_async(number, ["a b  c", {"model": "test:echo"}])
        pieces: list[Any] = []
        while not (found := await stream.next())["done"]:
            pieces += found["items"]
        return pieces

    assert running(session, work) == ["a ", "b ", " ", "c"]


def test_steps_are_played_in_order_and_then_it_is_an_error(tmp_path: Path) -> None:
    name = script(tmp_path, [{"text": "one"}, {"text": "two"}])
    session = make_session(tmp_path)

    async def work() -> list[str]:
        number = session.door.number("LLM.complete")
        calls = [await session.door.call_async(number, ["x", {"model": name}]) for _ in range(2)]
        with pytest.raises(ConfigError, match="no step left for 'x'"):
            await session.door.call_async(number, ["x", {"model": name}])
        return [found["text"] for found in calls]

    assert running(session, work) == ["one", "two"]


def test_a_step_may_answer_certain_prompts_only(tmp_path: Path) -> None:
    steps = [{"match": "weather", "text": "rain"}, {"text": "first"}, {"text": "second"}]
    name = script(tmp_path, steps)
    session = make_session(tmp_path)

    async def work() -> list[str]:
        number = session.door.number("LLM.complete")
        found = []
        for prompt in ("x", "the weather?", "y", "weather again"):
            answer = await session.door.call_async(number, [prompt, {"model": name}])
            found.append(answer["text"])
        return found

    assert running(session, work) == ["first", "rain", "second", "rain"]


def test_an_error_step_fails_with_its_code(tmp_path: Path) -> None:
    steps = [{"error": "context_too_long"}]
    session = make_session(tmp_path)
    found = failure(session, "LLM.complete", "x", {"model": script(tmp_path, steps)})
    assert found.code == "context_too_long"


def test_an_error_that_may_pass_is_tried_again(tmp_path: Path) -> None:
    steps = [{"error": "provider_unavailable"}, {"text": "there"}]
    found = ask(make_session(tmp_path), "LLM.complete", "x", {"model": script(tmp_path, steps)})
    assert found["text"] == "there"


def test_a_schema_takes_the_json_of_a_step(tmp_path: Path) -> None:
    name = script(tmp_path, [{"text": '{"city": "Oslo"}'}])
    options = {"model": name, "schema": {"city": "string"}}
    found = ask(make_session(tmp_path), "LLM.complete", "where?", options)
    assert found["output"] == {"city": "Oslo"}


@pytest.mark.parametrize("streamed", [False, True])
def test_tools_are_called(streamed: bool, tmp_path: Path) -> None:
    call = {"name": "weather", "arguments": {"city": "Oslo"}}
    name = script(tmp_path, [{"tool_calls": [call]}, {"text": "done"}])
    session = make_session(tmp_path)
    called = []

    async def weather(city: str) -> str:
        called.append(city)
        return "sunny"

    async def work() -> str:
        agent = Agent(await open_model(session, name), tools=[weather])
        if not streamed:
            return (await agent.run("x", infer_name=False)).output
        async with agent.run_stream_events("x", infer_name=False) as events:
            async for event in events:
                last = event
        return str(last.result.output)  # type: ignore[union-attr]

    assert running(session, work) == "done"
    assert called == ["Oslo"]


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ({"text": "x"}, "must hold a list"),
        (["x"], "step 1: must be a map"),
        ([{"text": "x"}, {}], "step 2: must have one of"),
        ([{"text": "x", "error": "internal"}], "must have one of"),
        ([{"txet": "x"}], "'txet' is not a key of a step; did you mean 'text'?"),
        ([{"text": 1}], "must be text"),
        ([{"error": "timeot"}], "'timeot' is not an error code; did you mean 'timeout'?"),
        ([{"tool_calls": [{"arguments": {}}]}], "tool_calls must be"),
        ([{"tool_calls": {}}], "tool_calls must be"),
    ],
)
def test_bad_scripts_are_explained(steps: Any, says: str, tmp_path: Path) -> None:
    name = script(tmp_path, steps)
    found = failure(make_session(tmp_path), "LLM.complete", "x", {"model": name})
    assert isinstance(found, ConfigError)
    assert says in found.message


def test_a_script_that_is_not_json_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    for name, code in (("test:bad.json", "config_error"), ("test:none.json", "not_found")):
        found = failure(make_session(tmp_path), "LLM.complete", "x", {"model": name})
        assert found.code == code


def test_a_script_is_read_under_the_grants(tmp_path: Path) -> None:
    name = script(tmp_path, [{"text": "x"}])
    session = make_session(tmp_path, grants=Grants(base=tmp_path))
    found: SpellError = failure(session, "LLM.complete", "x", {"model": name})
    assert isinstance(found, PermissionDenied)
