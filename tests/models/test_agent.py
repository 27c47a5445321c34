"""Agents through the real SDKs against servers that speak the three protocols."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bridges._errors import InvalidArgument, NotFound, ProviderFailed, ScriptError
from bridges._session import Session
from bridges._settings import ModelSettings, Provider
from bridges._types import Text
from tests.door import Function, call, fails, finish, gives, wait_for
from tests.models.servers import Servers
from tests.sessions import make_session

CITY = {"city": {"type": "string", "required": True}}
PROTOCOLS = ["lab", "claude", "gemini"]


@pytest.fixture
def session(tmp_path: Path, servers: Servers) -> Session:
    providers = {
        "lab": Provider("openai", servers.openai_url, "key"),
        "claude": Provider("anthropic", servers.anthropic_url, "key"),
        "gemini": Provider("google", servers.google_url, "key"),
    }
    return make_session(tmp_path, models=ModelSettings(providers=providers))


def weather(run: Function, **options: Any) -> dict[str, Any]:
    return {"name": "weather", "description": "d", "parameters": CITY, "run": run, **options}


def new(session: Session, model: str, **options: Any) -> Any:
    return call(session, "Agent.new", {"model": model, **options})


def ask(session: Session, agent: Any, said: Any = "hi", **options: Any) -> Any:
    return finish(session, wait_for(session, "Agent:run", agent, said, options))


async def pieces_of(session: Session, stream: Any) -> list[str]:
    found: list[str] = []
    while not (answer := await wait_for(session, "Stream:next", stream))["done"]:
        found += answer["items"]
    return found


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_tool_of_the_script_is_called_and_the_answer_comes(
    session: Session, protocol: str
) -> None:
    run = gives({"temp": 21})
    agent = new(session, f"{protocol}:tool", tools=[weather(run)], system_prompt="be brief")
    answer = ask(session, agent, "Oslo?")
    assert run.calls == [{"city": "sample"}]
    assert isinstance(answer, Text)
    assert answer.text == answer["output"] == 'the tool said: {"temp":21}'
    assert answer["usage"] == {"requests": 2, "input_tokens": 22, "output_tokens": 14}
    assert answer["model"] == f"{protocol}:tool"
    assert [step["kind"] for step in answer["steps"]] == ["model", "tool", "model"]
    assert answer["steps"][1]["tool"] == "weather"
    assert answer["steps"][1]["arguments"] == {"city": "sample"}
    assert answer["steps"][1]["result"] == {"temp": 21}
    assert answer["duration"] >= answer["steps"][1]["duration"] > 0
    assert session.budget.requests == 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_conversation_is_plain_and_can_be_continued(
    session: Session, protocol: str, servers: Servers
) -> None:
    agent = new(
        session, f"{protocol}:tool", tools=[weather(gives("sun"))], system_prompt="be brief"
    )

    async def twice() -> tuple[Any, Any]:
        first = await wait_for(session, "Agent:run", agent, "one")
        options = {"messages": first["messages"]}
        return first, await wait_for(session, "Agent:run", agent, "two", options)

    first, second = finish(session, twice())
    call_id = first["messages"][1]["tool_calls"][0]["id"]
    assert first["messages"] == [
        {"role": "user", "content": "one"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": call_id, "name": "weather", "arguments": {"city": "sample"}}],
        },
        {"role": "tool", "name": "weather", "tool_call_id": call_id, "content": "sun"},
        {"role": "assistant", "content": "the tool said: sun"},
    ]
    assert second["messages"][:4] == first["messages"]
    assert second["messages"][4] == {"role": "user", "content": "two"}
    assert str(servers.requests[-1].body).count("be brief") == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_streaming_gives_the_pieces_and_then_the_same_answer(
    session: Session, protocol: str
) -> None:
    agent = new(session, f"{protocol}:tool", tools=[weather(gives("sun and rain"))])

    async def stream() -> tuple[list[str], Any]:
        stream = await wait_for(session, "Agent:stream", agent, "hi")
        pieces = await pieces_of(session, stream)
        return pieces, await wait_for(session, "Stream:result", stream)

    pieces, answer = finish(session, stream())
    assert len(pieces) > 1
    assert "".join(pieces) == answer.text == "the tool said: sun and rain"
    assert [step["kind"] for step in answer["steps"]] == ["model", "tool", "model"]
    assert answer["usage"]["requests"] == 2


def test_the_streams_answer_is_spelled_as_the_language_spells(session: Session) -> None:
    from llmspell_cli.compose import spelling

    session.spell_name = spelling("javascript")
    agent = new(session, "lab:echo")

    async def stream() -> Any:
        stream = await wait_for(session, "Agent:stream", agent, "hi")
        return await wait_for(session, "Stream:result", stream)

    assert "inputTokens" in finish(session, stream())["usage"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("schema", "output"),
    [
        ({"name": "string", "age": "integer"}, {"name": "sample", "age": 3}),
        ({"type": "array", "items": {"type": "string"}}, ["sample"]),
        ({"enum": ["good", "bad"]}, "good"),
    ],
)
def test_structured_answers(session: Session, protocol: str, schema: Any, output: Any) -> None:
    answer = ask(session, new(session, f"{protocol}:echo", output_schema=schema))
    assert answer["output"] == output
    assert [message["role"] for message in answer["messages"]] == ["user", "assistant"]
    assert answer["messages"][1]["content"] != ""
    assert len(answer["steps"]) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_structured_answer_is_repaired_once(session: Session, protocol: str) -> None:
    agent = new(session, f"{protocol}:json-bad-once", output_schema={"name": "string"})
    answer = ask(session, agent)
    assert answer["output"] == {"name": "sample"}
    assert answer["usage"]["requests"] == 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_structured_answer_that_never_fits_fails_clearly(session: Session, protocol: str) -> None:
    agent = new(session, f"{protocol}:json-bad", output_schema={"name": "string"})
    with pytest.raises(
        ProviderFailed, match="does not fit output_schema: name is missing"
    ) as found:
        ask(session, agent)
    assert found.value.details["text"] == '{"unwanted": true}'
    assert session.budget.requests == 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_failing_tool_reaches_the_model_and_the_log(session: Session, protocol: str) -> None:
    error = ScriptError("no sensors")
    error.traceback = [{"file": "spell.lua", "line": 3}]
    answer = ask(session, new(session, f"{protocol}:tool", tools=[weather(fails(error))]))
    assert "the tool 'weather' failed: no sensors" in answer.text
    assert answer["steps"][1]["error"] == "the tool 'weather' failed: no sensors"
    assert answer["messages"][2]["error"] is True
    warned = [line for line in session.lines if line[0] == "warn"]  # type: ignore[attr-defined]
    assert warned == [
        (
            "warn",
            "a model's tool call failed: the tool 'weather' failed: no sensors",
            {"tool": "weather", "code": "tool_failed", "at": "spell.lua:3"},
        )
    ]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arguments_of_a_model_are_checked(session: Session, protocol: str) -> None:
    run = gives("sun")
    answer = ask(session, new(session, f"{protocol}:tool-bad", tools=[weather(run)]))
    assert run.calls == []
    assert "city is missing" in answer.text


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tools_called_at_once_run_at_once(session: Session, protocol: str) -> None:
    async def both(_arguments: Any) -> str:
        await asyncio.wait_for(barrier.wait(), 5)
        return "met"

    barrier = asyncio.Barrier(2)
    tools = [weather(Function(both)), weather(Function(both), name="other")]
    answer = ask(session, new(session, f"{protocol}:tool-all", tools=tools))
    assert answer.text == "the tool said: met; met"
    assert [step.get("tool") for step in answer["steps"]] == [None, "weather", "other", None]


def test_a_built_in_tool_under_the_spells_grants(session: Session, tmp_path: Path) -> None:
    answer = ask(session, new(session, "lab:tool", tools=["file_read"]))
    assert answer["steps"][1]["tool"] == "file_read"
    assert "sample" in answer["steps"][1]["error"]


def test_tools_are_names_objects_agents_and_maps(session: Session) -> None:
    tool = call(session, "Tool.new", weather(gives("sun")))
    helper = new(session, "lab:echo", name="The Helper", description="Helps")
    named = weather(gives(1), name="mine")
    agent = new(session, "lab:echo", tools=["calculator", tool, helper, named])
    names = ["calculator", "weather", "The_Helper", "mine"]
    assert call(session, "Agent:info", agent)["tools"] == names
    again = new(session, "lab:echo", tools=["weather"])
    assert call(session, "Agent:info", again)["tools"] == ["weather"]


def test_an_unknown_tool_is_not_found_when_the_agent_is_made(session: Session) -> None:
    with pytest.raises(NotFound) as caught:
        new(session, "lab:echo", tools=["calculater"])
    assert caught.value.hint == "did you mean 'calculator'?"


def test_two_tools_of_one_name_are_refused(session: Session) -> None:
    with pytest.raises(InvalidArgument, match="two of the tools are called 'weather'"):
        new(session, "lab:echo", tools=[weather(gives(1)), weather(gives(2))])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_steps": 0}, "max_steps must be at least 1"),
        ({"max_tokens": 0}, "max_tokens must be at least 1"),
        ({"retries": -1}, "retries must be at least 0"),
        ({"temperature": -0.1}, "temperature must be at least 0"),
        ({"timeout": 0}, "timeout must be more than 0"),
        ({"output_schema": {"x": "strin"}}, "output_schema.x: 'strin' is not a type"),
        ({"tools": [5]}, "must be text or a Tool or an Agent or a Team or a map"),
        ({"modell": "x"}, "'modell' is not an option"),
    ],
)
def test_options_are_checked_when_the_agent_is_made(
    session: Session, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        call(session, "Agent.new", options)
    assert message in caught.value.message


def test_settings_reach_the_provider(session: Session, servers: Servers) -> None:
    agent = new(session, "lab:echo", temperature=0.5, max_tokens=99, system_prompt="be brief")
    ask(session, agent, "hi", temperature=0.25)
    body = servers.requests[-1].body
    assert body["temperature"] == 0.25
    assert 99 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    assert body["messages"][0]["content"] == "be brief"


def test_info_shows_the_settings_with_defaults(session: Session) -> None:
    info = call(session, "Agent:info", call(session, "Agent.new", {}))
    assert info == {
        "name": "agent",
        "description": "",
        "model": "local:smollm2-135m",
        "system_prompt": "",
        "tools": [],
        "max_steps": 10,
        "handoffs": [],
        "max_handoffs": 10,
    }


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"order": [1, 2]}, 'echo: {"order": [1, 2]}'),
        ([1, 2], "echo: [1, 2]"),
        (Text("AgentResult", {"text": "an answer", "output": 1}), "echo: an answer"),
        ([{"role": "user", "content": "one"}, {"role": "user", "content": "two"}], "echo: two"),
    ],
)
def test_inputs_other_than_text(session: Session, said: Any, text: str) -> None:
    assert ask(session, new(session, "lab:echo"), said).text.endswith(text)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("  ", "the input is empty"),
        ([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "nothing to"),
        ([{"role": "robot", "content": "a"}, {"role": "user", "content": "b"}], "role must be"),
        ([{"role": "tool", "content": "a"}], "tool_call_id is missing"),
    ],
)
def test_inputs_that_make_no_sense(session: Session, said: Any, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        ask(session, new(session, "lab:echo"), said)


def test_a_history_with_an_unanswered_call_can_be_continued(session: Session) -> None:
    messages = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "tool_calls": [{"id": "c1", "name": "weather"}]},
    ]
    assert ask(session, new(session, "lab:echo"), "two", messages=messages).text == "echo: two"
