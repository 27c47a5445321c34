"""The order of steps in which a model without tools of its own uses them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic_ai import Agent, NativeOutput, StructuredDict, Tool, ToolOutput
from pydantic_ai.exceptions import OutputTokenLimitExceeded
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from bridges._llm._local_tools import JsonToolModel, most_alike

PROFILE = ModelProfile(supports_json_schema_output=True, default_structured_output_mode="native")
PLACE = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
WORD = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}


class Small(WrapperModel):
    """A scripted model that can do nothing but write text; it keeps what it was asked."""

    def __init__(self, *answers: str, finish: Any = "stop") -> None:
        self.asked: list[tuple[list[ModelMessage], Any]] = []
        left = list(answers)

        def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            assert not info.function_tools
            assert not info.output_tools
            schema = info.model_request_parameters.output_object
            self.asked.append((messages, schema.json_schema if schema else None))
            usage = RequestUsage(input_tokens=10, output_tokens=1)
            return ModelResponse([TextPart(left.pop(0))], usage=usage, finish_reason=finish)

        async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
            for piece in answer(messages, info).text or "":
                yield piece

        super().__init__(FunctionModel(answer, stream_function=stream, profile=PROFILE))

    @property
    def schemas(self) -> list[Any]:
        """The schema that each request was bound to; None for free text."""
        return [schema for _, schema in self.asked]

    def said_to(self, number: int) -> str:
        """The texts of a request's user messages."""
        messages, _ = self.asked[number]
        parts = [part for message in messages for part in message.parts]
        return "\n".join(str(part.content) for part in parts if isinstance(part, UserPromptPart))


def tool(name: str, about: str, calls: list[Any], schema: dict[str, Any] = PLACE) -> Tool[None]:
    async def answer(**arguments: Any) -> str:
        calls.append((name, arguments))
        return f"{name} says fine"

    return Tool.from_schema(answer, name=name, description=about, json_schema=schema)


def ask(small: Small, prompt: str, *tools: Tool[None], **options: Any) -> Any:
    return asyncio.run(Agent(JsonToolModel(small), tools=tools, **options).run(prompt))


def test_one_tool_is_called_then_answered() -> None:
    calls: list[Any] = []
    small = Small('{"place": "Oslo"}', "It is fine.")
    result = ask(small, "How is it in Oslo?", tool("weather", "Gets weather", calls))
    assert calls == [("weather", {"place": "Oslo"})]
    assert result.output == "It is fine."
    assert small.schemas == [PLACE, None]
    assert "weather says fine" in small.said_to(1)
    assert "weather" in str(small.asked[1][0])


def test_the_words_of_the_request_choose() -> None:
    calls: list[Any] = []
    small = Small('{"place": "Oslo"}', "Fine.")
    tools = tool("clock", "Tells the time", calls), tool("weather", "Gets weather", calls)
    ask(small, "The weather in Oslo please", *tools)
    assert [name for name, _ in calls] == ["weather"]
    assert small.schemas == [PLACE, None]


def test_the_model_chooses_when_words_do_not() -> None:
    calls: list[Any] = []
    small = Small('"clock"', '{"word": "now"}', "Noon.")
    tools = tool("clock", "Tells time", calls, WORD), tool("weather", "Gets weather", calls)
    result = ask(small, "How late?", *tools)
    assert [name for name, _ in calls] == ["clock"]
    assert small.schemas == [{"enum": ["clock", "weather", "answer"]}, WORD, None]
    call = result.all_messages()[1]
    assert call.tool_calls
    assert call.usage.input_tokens == 20  # choosing and filling in


def test_the_model_may_choose_to_answer() -> None:
    small = Small('"answer"', "Hello.")
    tools = tool("clock", "Tells time", []), tool("weather", "Gets weather", [])
    result = ask(small, "Hi!", *tools)
    assert result.output == "Hello."
    assert result.usage.input_tokens == 20
    assert len(small.asked) == 2


def test_the_answer_keeps_its_shape() -> None:
    small = Small('{"place": "Oslo"}', '{"word": "fine"}')
    weather = tool("weather", "Gets weather", [])
    output = NativeOutput(StructuredDict({**WORD}))
    result = ask(small, "Oslo?", weather, output_type=output)
    assert result.output == {"word": "fine"}
    assert small.schemas[0] == PLACE
    assert small.schemas[1]["properties"] == WORD["properties"]


def test_a_shape_asked_for_as_a_tool_is_filled_in_last() -> None:
    small = Small('{"place": "Oslo"}', '{"word": "fine"}')
    weather = tool("weather", "Gets weather", [])
    result = ask(small, "Oslo?", weather, output_type=ToolOutput(StructuredDict({**WORD})))
    assert result.output == {"word": "fine"}


def test_arguments_cut_short_are_an_error() -> None:
    with pytest.raises(OutputTokenLimitExceeded, match="weather"):
        ask(Small('{"pla', finish="length"), "Oslo?", tool("weather", "Gets weather", []))


def test_a_conversation_with_tools_goes_on_without_them() -> None:
    first = ask(Small('{"place": "Oslo"}', "Fine."), "Oslo?", tool("weather", "Gets weather", []))
    small = Small("Bye.")
    agent = Agent(JsonToolModel(small))
    asyncio.run(agent.run("Thanks", message_history=first.all_messages()))
    messages, _ = small.asked[0]
    kinds = {part.part_kind for message in messages for part in message.parts}
    assert kinds == {"user-prompt", "text"}
    called = [part.content for part in messages[1].parts if isinstance(part, TextPart)]
    assert json.loads(called[0]) == {"tool": "weather", "arguments": {"place": "Oslo"}}


def test_streams_show_the_call_and_then_text_as_it_comes() -> None:
    async def work() -> list[str]:
        small = Small('{"place": "Oslo"}', "Fine.")
        agent = Agent(JsonToolModel(small), tools=[tool("weather", "Gets weather", [])])
        async with agent.run_stream_events("Oslo?") as events:
            return [event.event_kind async for event in events]

    kinds = asyncio.run(work())
    assert kinds.index("function_tool_call") < kinds.index("function_tool_result")
    after = kinds[kinds.index("function_tool_result") :]
    assert after.count("part_delta") == len("Fine.") - 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What is the weather?", "weather"),
        ("the CLOCKS", "clock"),
        ("which city", "weather"),
        ("Hello there", None),
        ("the weather on the clock", None),
        ("What is the time and the clock", "clock"),
        ("", None),
    ],
)
def test_words_in_common(text: str, found: str | None) -> None:
    schema = {"type": "object", "properties": {"city": {}}}
    tools = [
        ToolDefinition(name="clock", description="Tells the time"),
        ToolDefinition(
            name="weather", description="What it is like", parameters_json_schema=schema
        ),
    ]
    best = most_alike(text, tools)
    assert (best.name if best else None) == found


def test_only_the_new_message_counts() -> None:
    """A second message of the user leads to a call again."""
    calls: list[Any] = []
    weather = tool("weather", "Gets weather", calls)
    first = ask(Small('{"place": "Oslo"}', "Fine."), "Oslo?", weather)
    small = Small('{"place": "Rome"}', "Good.")
    agent = Agent(JsonToolModel(small), tools=[weather])
    asyncio.run(agent.run("Rome?", message_history=first.all_messages()))
    assert [arguments["place"] for _, arguments in calls] == ["Oslo", "Rome"]
    assert isinstance(small.asked[0][0][-1], ModelRequest)
