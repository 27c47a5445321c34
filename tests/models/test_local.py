"""The embedded model for real: the file of the catalogue, in this process."""

from __future__ import annotations

import asyncio
import shutil
import struct
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic_ai import Agent, Embedder, StructuredDict, Tool

from bridges._errors import (
    ContextTooLong,
    InvalidArgument,
    ModelNotFound,
    PermissionDenied,
    ProviderFailed,
    ProviderUnavailable,
)
from bridges._llm import _local_engine
from bridges._llm.failures import translated
from bridges._llm.local import find_file, open_local, open_local_embedder
from bridges._permissions import Grants
from bridges._session import Session
from tests.local_model import data_folder
from tests.sessions import make_session

NAME = "smollm2-135m"
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
OPINION = {
    "type": "object",
    "properties": {
        "sentiment": {"enum": ["positive", "negative"]},
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
        "words": {"type": "array", "items": {"type": "string", "maxLength": 12}, "maxItems": 3},
    },
    "required": ["sentiment", "score", "words"],
    "additionalProperties": False,
}
SETTINGS: Any = {"temperature": 0, "max_tokens": 40}
ENDLESS: Any = {"max_tokens": 6000, "extra_body": {"ignore_eos": True}}


@pytest.fixture(scope="session")
def data() -> Path:
    """A data folder with the default model."""
    return data_folder()


@pytest.fixture
def session(data: Path, tmp_path: Path) -> Session:
    """A session that may read nothing; models of the store need no permission."""
    return make_session(tmp_path, data=data, grants=Grants(base=tmp_path))


def run(session: Session, work: Callable[[Any], Awaitable[Any]]) -> Any:
    async def body() -> Any:
        return await work(await open_local(session, NAME))

    return asyncio.run(body())


def weather(calls: list[dict[str, Any]]) -> Tool[None]:
    async def answer(**arguments: Any) -> str:
        calls.append(arguments)
        return "17 degrees and sunny"

    about = "Gets the weather of a city"
    return Tool.from_schema(answer, name="weather", description=about, json_schema=CITY)


def clock() -> Tool[None]:
    async def answer(**_: Any) -> str:
        raise AssertionError("the clock was not asked for")

    empty = {"type": "object", "properties": {}, "additionalProperties": False}
    return Tool.from_schema(answer, name="clock", description="Tells the time", json_schema=empty)


def test_a_plain_answer_is_counted_and_free(session: Session) -> None:
    async def work(model: Any) -> Any:
        return await Agent(model, model_settings=SETTINGS).run("Write a sentence about the sea.")

    result = run(session, work)
    assert "sea" in result.output.lower()
    assert result.usage.requests == 1
    assert result.usage.input_tokens > 5
    assert 5 < result.usage.output_tokens <= 40
    assert result.usage.cost == 0
    assert result.response.model_name == NAME


def test_an_answer_cut_short_says_so(session: Session) -> None:
    async def work(model: Any) -> Any:
        return await Agent(model, model_settings={"max_tokens": 3}).run("Tell me a story.")

    result = run(session, work)
    assert result.response.finish_reason == "length"
    assert result.usage.output_tokens == 3


def test_text_streams_as_it_is_written(session: Session) -> None:
    async def work(model: Any) -> tuple[list[str], int]:
        agent = Agent(model, model_settings=SETTINGS)
        async with agent.run_stream("Tell me a story.") as stream:
            parts = [part async for part in stream.stream_text(delta=True, debounce_by=None)]
            return parts, stream.usage.output_tokens

    parts, tokens = run(session, work)
    assert len(parts) > 10
    assert len("".join(parts)) > 40
    assert tokens > 10


@pytest.mark.parametrize("seed", range(4))
def test_an_answer_in_a_shape_always_fits(session: Session, seed: int) -> None:
    async def work(model: Any) -> Any:
        output = StructuredDict({**OPINION})
        agent = Agent(
            model,
            output_type=output,
            model_settings={"temperature": 1.8, "seed": seed, "max_tokens": 200},
        )
        return await agent.run("I love this film. What do I think of it?")

    jsonschema.validate(run(session, work).output, OPINION)


def test_the_one_tool_is_called_and_its_result_answered(session: Session) -> None:
    calls: list[dict[str, Any]] = []

    async def work(model: Any) -> Any:
        agent = Agent(model, tools=[weather(calls)], model_settings=SETTINGS)
        return await agent.run("What is the weather in Oslo?")

    result = run(session, work)
    assert calls == [{"city": "Oslo"}]
    assert result.usage.requests == 2
    assert result.usage.tool_calls == 1
    assert result.output


def test_of_several_tools_the_one_the_words_name_is_called(session: Session) -> None:
    calls: list[dict[str, Any]] = []

    async def work(model: Any) -> Any:
        agent = Agent(model, tools=[clock(), weather(calls)], model_settings=SETTINGS)
        async with agent.run_stream_events("Weather in Tokyo please") as events:
            return [event.event_kind async for event in events]

    kinds = run(session, work)
    assert calls == [{"city": "Tokyo"}]
    assert kinds.index("function_tool_result") < kinds.index("part_delta")
    assert kinds[-1] == "agent_run_result"


def test_a_shaped_answer_can_follow_a_tool(session: Session) -> None:
    degrees = {
        "type": "object",
        "properties": {"degrees": {"type": "integer"}},
        "required": ["degrees"],
    }

    async def work(model: Any) -> Any:
        agent = Agent(
            model,
            tools=[weather([])],
            output_type=StructuredDict(degrees),
            model_settings=SETTINGS,
        )
        return await agent.run("What is the weather in Oslo?")

    assert run(session, work).output == {"degrees": 17}


@pytest.mark.parametrize("prompt", ["Tell me a very long story.", "word " * 7000])
def test_giving_up_stops_the_engine(session: Session, prompt: str) -> None:
    async def work(model: Any) -> None:
        agent = Agent(model, model_settings=ENDLESS)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(agent.run(prompt), 0.5)
        # Left alone, the engine would be busy for half a minute.
        busy = engine(session).queue.submit(lambda: None)
        await asyncio.wait_for(asyncio.wrap_future(busy), 25)

    run(session, work)


def test_requests_wait_for_each_other(session: Session) -> None:
    async def work(model: Any) -> list[Any]:
        agent = Agent(model, model_settings={"temperature": 0, "max_tokens": 8})
        return await asyncio.gather(*(agent.run(f"Say {word}") for word in ("one", "two", "six")))

    assert [result.usage.requests for result in run(session, work)] == [1, 1, 1]


def test_too_long_an_input_is_refused(session: Session) -> None:
    async def work(model: Any) -> None:
        with translated(f"local:{NAME}"):
            await Agent(model).run("word " * 9000)

    with pytest.raises(ContextTooLong, match="8192"):
        run(session, work)


def test_a_file_is_loaded_once(session: Session) -> None:
    assert engine(session) is engine(session)
    assert engine(session).context == 8192
    assert not engine(session).tools


def engine(session: Session) -> _local_engine.Engine:
    return _local_engine.load(find_file(session, NAME))


def test_nobody_else_can_ask_the_engine(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = engine(session)._server.listening_address
    assert address.startswith("unix://")
    assert not Path(address.removeprefix("unix://")).exists()
    deep = tmp_path / ("d" * _local_engine.MAX_SOCKET_PATH)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    second = _local_engine.Engine(find_file(session, NAME))
    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        urllib.request.urlopen(f"{second._server.listening_address}/props")
    refused.value.close()


@pytest.mark.parametrize(
    ("processors", "load", "threads"),
    [(2, 0.0, None), (2, 0.9, None), (2, 1.1, 1), (8, 5.5, 2), (8, 3.0, None), (4, 30.0, 1)],
)
def test_a_busy_machine_gets_fewer_threads(
    processors: int, load: float, threads: int | None
) -> None:
    assert _local_engine.free_threads(processors, load) == threads


def test_loading_says_nothing(session: Session, capfd: pytest.CaptureFixture[str]) -> None:
    _local_engine.Engine(find_file(session, NAME))
    assert capfd.readouterr() == ("", "")


def reading(session: Session, *folders: Path, **more: Any) -> Session:
    grants = Grants(base=session.grants.base, read=folders, **more)
    return make_session(session.grants.base, data=session.data, grants=grants)


def test_a_path_needs_read_permission(session: Session, data: Path) -> None:
    path = data / "models" / f"{NAME}.gguf"
    with pytest.raises(PermissionDenied):
        find_file(session, str(path))
    assert find_file(reading(session, path.parent), str(path)) == path.resolve()


def test_a_file_the_spell_could_have_written_is_not_loaded(
    session: Session, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(b"GGUF")
    with pytest.raises(PermissionDenied, match="written itself"):
        find_file(reading(session, tmp_path, write=(tmp_path,)), "mine.gguf")
    assert find_file(reading(session, tmp_path), "mine.gguf") == mine
    # A spell that may run any program needs no such way out.
    find_file(reading(session, tmp_path, write=(tmp_path,), run=("*",)), "mine.gguf")


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, ModelNotFound, "cannot read"),
        (b"hello", ProviderFailed, "not a model in the GGUF format"),
        (b"GGUF" + bytes(400), ProviderFailed, "cannot load"),
    ],
)
def test_files_that_are_no_model(
    session: Session, tmp_path: Path, content: bytes | None, error: type[Exception], message: str
) -> None:
    path = tmp_path / "bad.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=message):
        asyncio.run(open_local(reading(session, tmp_path), "bad.gguf"))


def test_a_model_that_was_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound) as missing:
        asyncio.run(open_local(make_session(tmp_path), NAME))
    assert "llmspell models pull" in missing.value.hint


def test_without_llama_cpp(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ProviderUnavailable, match="not installed") as missing:
        _local_engine.Engine(find_file(session, NAME))
    assert "llmspell[local]" in missing.value.hint
    assert not missing.value.retryable


def test_vectors_come_from_embedding_models_only(session: Session, tmp_path: Path) -> None:
    plain = find_file(session, NAME)
    shutil.copyfile(plain, tmp_path / "plain.gguf")
    pooled(plain, tmp_path / "pooled.gguf")
    reader = reading(session, tmp_path)

    async def embed(name: str) -> Any:
        with translated(name):
            model = await open_local_embedder(reader, name)
            return await Embedder(model).embed_documents(["hello there", "dogs " * 300])

    result = asyncio.run(embed("pooled.gguf"))
    assert [len(vector) for vector in result.embeddings] == [576, 576]
    assert result.usage.input_tokens > 300
    with pytest.raises(ProviderFailed, match="gives no embeddings"):
        asyncio.run(embed("plain.gguf"))
    with pytest.raises(InvalidArgument, match="gives no embeddings"):
        asyncio.run(embed(NAME))


def pooled(source: Path, target: Path) -> None:
    """Writes a copy of a model file that declares mean pooling, as embedding models do."""
    content = source.read_bytes()
    magic, version, tensors, pairs = struct.unpack("<4sIQQ", content[:24])
    key = b"llama.pooling_type"
    added = struct.pack(f"<Q{len(key)}sII", len(key), key, 4, 1)
    # Tensor data is aligned to 32 bytes: another entry fills up what was added.
    fill = -(len(added) + 23) % 32
    added += struct.pack(f"<Q3sIQ{fill}s", 3, b"pad", 8, fill, b" " * fill)
    head = struct.pack("<4sIQQ", magic, version, tensors, pairs + 2)
    target.write_bytes(head + added + content[24:])
