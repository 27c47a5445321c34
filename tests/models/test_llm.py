"""LLM through the real SDKs, against local servers that speak the providers' protocols."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
from pathlib import Path
from typing import Any

import pytest

from bridges._errors import Cancelled, InvalidArgument, PermissionDenied, ProviderFailed
from bridges._permissions import Grants
from bridges._types import Text
from tests.models.asking import PROTOCOLS, ask, failure, running, session_at
from tests.models.servers import Servers
from tests.sessions import make_session

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
PERSON = {"name": "string", "age": "integer"}


async def collect(stream: Any) -> list[Any]:
    """Returns every piece of a stream."""
    pieces: list[Any] = []
    while True:
        found = await stream.next()
        pieces += found["items"]
        if found["done"]:
            return pieces


def sent(servers: Servers) -> str:
    """Returns the last request's body as JSON text."""
    return json.dumps(servers.requests[-1].body)


@pytest.mark.parametrize("provider", PROTOCOLS)
def test_complete_answers_with_text_usage_and_model(
    provider: str, servers: Servers, tmp_path: Path
) -> None:
    session = session_at(servers, tmp_path)
    found = ask(session, "LLM.complete", "hello", {"model": f"{provider}:echo"})
    assert isinstance(found, Text)
    assert found["text"] == "echo: hello"
    tokens = {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18, "requests": 1}
    assert found["usage"] == tokens
    assert found["model"] == f"{provider}:echo"
    assert found["finish_reason"] == "stop"
    assert 0 < found["duration"] < 60
    assert "output" not in found and "cost" not in found


@pytest.mark.parametrize("provider", PROTOCOLS)
def test_stream_brings_the_pieces_and_then_the_whole(
    provider: str, servers: Servers, tmp_path: Path
) -> None:
    session = session_at(servers, tmp_path)

    async def work() -> None:
        number = session.door.number("LLM.stream")
        options = {"model": f"{provider}:echo", "prompt": "big world"}
        stream = await session.door.call_async(number, [options])
        assert await collect(stream) == ["echo: ", "big ", "world"]
        whole = await stream.result()
        assert whole["text"] == "echo: big world"
        assert whole["usage"]["total_tokens"] == 18

    running(session, work)
    assert session.budget.requests == 1


@pytest.mark.parametrize("provider", PROTOCOLS)
def test_a_schema_gives_data(provider: str, servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)
    options = {"model": f"{provider}:json", "prompt": "who?", "schema": PERSON}
    found = ask(session, "LLM.complete", options)
    assert found["output"] == {"name": "sample", "age": 3}
    assert json.loads(found["text"]) == found["output"]
    assert found["finish_reason"] == "stop"


@pytest.mark.parametrize("provider", PROTOCOLS)
def test_an_answer_that_does_not_fit_its_schema_is_repaired_once(
    provider: str, servers: Servers, tmp_path: Path
) -> None:
    session = session_at(servers, tmp_path)
    options = {"model": f"{provider}:json-bad-once", "prompt": "who?", "schema": PERSON}
    found = ask(session, "LLM.complete", options)
    assert found["output"] == {"name": "sample", "age": 3}
    assert found["usage"]["requests"] == 2
    assert "does not fit" in sent(servers)


def test_an_answer_that_never_fits_fails_after_one_repair(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)
    options = {"model": "lab:json-bad", "prompt": "who?", "schema": PERSON}
    found = failure(session, "LLM.complete", options)
    assert isinstance(found, ProviderFailed)
    assert len(servers.requests) == 2


def test_a_schema_may_ask_for_a_list(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)
    schema = {"type": "array", "items": {"type": "integer"}}
    options = {"model": "lab:json", "prompt": "numbers", "schema": schema}
    assert ask(session, "LLM.complete", options)["output"] == [3]


def test_a_bad_schema_is_refused_before_anything_is_asked(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)
    found = failure(
        session, "LLM.complete", "x", {"model": "lab:json", "schema": {"name": "strin"}}
    )
    assert found.code == "invalid_argument"
    assert servers.requests == []


def test_settings_and_system_reach_the_server(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)
    options = {
        "model": "lab:echo",
        "system": "be brief",
        "temperature": 0.25,
        "max_tokens": 50,
        "top_p": 0.5,
        "stop": ["END"],
        "seed": 7,
    }
    ask(session, "LLM.complete", "hello", options)
    body = servers.requests[-1].body
    assert (body["temperature"], body["top_p"], body["seed"], body["stop"]) == (
        0.25,
        0.5,
        7,
        ["END"],
    )
    assert 50 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    assert "be brief" in json.dumps(body["messages"][0])


def test_messages_carry_a_conversation(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)
    messages = [
        {"role": "system", "content": "you are kind"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three"},
    ]
    found = ask(session, "LLM.complete", {"model": "lab:echo", "messages": messages})
    assert found["text"] == "echo: three"
    roles = [message["role"] for message in servers.requests[-1].body["messages"]]
    assert roles == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"model": "lab:echo"}, "needs a prompt"),
        ({"prompt": "x", "messages": [{"role": "user", "content": "y"}]}, "not both"),
        ({"prompt": "x", "temprature": 1}, "temprature"),
        ({"prompt": "x", "max_tokens": 0}, "max_tokens must be at least 1"),
        ({"prompt": ""}, "empty"),
        ({"messages": [{"role": "assistant", "content": "y"}]}, "nothing to answer"),
    ],
)
def test_wrong_options_are_named(
    options: dict[str, Any], says: str, servers: Servers, tmp_path: Path
) -> None:
    found = failure(session_at(servers, tmp_path), "LLM.complete", options)
    assert isinstance(found, InvalidArgument)
    assert says in found.message


def test_an_image_file_is_sent(servers: Servers, tmp_path: Path) -> None:
    (tmp_path / "dot.png").write_bytes(PIXEL)
    session = session_at(servers, tmp_path)
    options = {"model": "lab:echo", "prompt": "what is it?", "images": ["dot.png"]}
    found = ask(session, "LLM.complete", options)
    assert found["text"] == "echo: what is it? <image_url>"
    assert base64.b64encode(PIXEL).decode() in sent(servers)


def test_what_is_no_image_is_refused(servers: Servers, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    options = {"model": "lab:echo", "prompt": "what?", "images": ["notes.txt"]}
    found = failure(session_at(servers, tmp_path), "LLM.complete", options)
    assert "is not an image" in found.message
    assert servers.requests == []


@pytest.mark.parametrize(
    "options",
    [{"images": ["/etc/hostname"]}, {"image_urls": ["https://images.example.org/cat.png"]}],
)
def test_images_need_the_grants_of_the_spell(
    options: dict[str, Any], servers: Servers, tmp_path: Path
) -> None:
    session = session_at(servers, tmp_path)
    found = failure(session, "LLM.complete", "look", {"model": "lab:echo", **options})
    assert isinstance(found, PermissionDenied)
    assert servers.requests == []


def test_a_granted_address_is_handed_on(servers: Servers, tmp_path: Path) -> None:
    grants = Grants(base=tmp_path, net=("images.example.org",))
    session = session_at(servers, tmp_path, grants=grants)
    options = {"model": "lab:echo", "image_urls": ["https://images.example.org/cat.png"]}
    ask(session, "LLM.complete", "look", options)
    assert "https://images.example.org/cat.png" in sent(servers)


def test_closing_a_stream_ends_its_request(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)

    async def work() -> None:
        number = session.door.number("LLM.stream")
        options = {"model": "lab:drip-0.2", "prompt": "a b c d e f g h"}
        stream = await session.door.call_async(number, [options])
        assert (await stream.next())["items"]
        await stream.close()
        with pytest.raises(Cancelled):
            await stream.result()

    running(session, work)
    assert session.budget.requests == 1


def test_a_stream_can_carry_a_schema(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)

    async def work() -> Any:
        number = session.door.number("LLM.stream")
        options = {"model": "lab:json", "prompt": "who?", "schema": PERSON}
        stream = await session.door.call_async(number, [options])
        await collect(stream)
        return await stream.result()

    assert running(session, work)["output"] == {"name": "sample", "age": 3}


@pytest.mark.parametrize("provider", ["openai", "openai-chat", "lab", "google"])
def test_embed_gives_a_vector_for_each_text(
    provider: str, servers: Servers, tmp_path: Path
) -> None:
    session = session_at(servers, tmp_path)
    options = {"model": f"{provider}:embedder", "input": ["a", "four"]}
    found = ask(session, "LLM.embed", options)
    assert found["vectors"] == [[1.0, 0.5, -0.5], [4.0, 0.5, -0.5]]
    assert found["model"] == f"{provider}:embedder"
    assert session.budget.requests == 1


def test_embed_takes_one_text(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)
    found = ask(session, "LLM.embed", "four", {"model": "lab:embedder"})
    assert found["vectors"] == [[4.0, 0.5, -0.5]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["text"], "model is missing"),
        ([{"model": "lab:embedder"}], "no input"),
        (["text", {"model": "anthropic:claude"}], "makes no vectors"),
    ],
)
def test_embed_says_what_is_missing(
    arguments: list[Any], says: str, servers: Servers, tmp_path: Path
) -> None:
    found = failure(session_at(servers, tmp_path), "LLM.embed", *arguments)
    assert isinstance(found, InvalidArgument)
    assert says in found.message


def test_many_requests_run_at_once(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)

    async def work() -> list[Any]:
        number = session.door.number("LLM.complete")
        asked = [{"model": "lab:slow-1", "prompt": str(i)} for i in range(40)]
        began = asyncio.get_running_loop().time()
        calls = [session.door.call_async(number, [options]) for options in asked]
        found = await asyncio.gather(*calls)
        assert asyncio.get_running_loop().time() - began < 20
        return found

    texts = [found["text"] for found in running(session, work)]
    assert texts == [f"echo: {i}" for i in range(40)]


@pytest.mark.parametrize("provider", PROTOCOLS)
def test_a_closed_session_leaves_nothing_open(
    provider: str, servers: Servers, tmp_path: Path
) -> None:
    # Warnings are errors: a socket that only the collector closes fails the test.
    ask(session_at(servers, tmp_path), "LLM.complete", "x", {"model": f"{provider}:echo"})
    gc.collect()


def test_the_default_model_answers_and_is_named_once(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    found = failure(session, "LLM.complete", "hello")
    assert found.code == "model_not_found"
    assert "llmspell models pull" in found.hint
    said = ["llmspell: no model configured; using local:smollm2-135m\n"]
    assert session.errors == said  # type: ignore[attr-defined]
    failure(session, "LLM.complete", "hello")
    assert session.errors == said  # type: ignore[attr-defined]


def test_a_quiet_run_is_not_told_of_the_default_model(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    session.log.level = "error"
    failure(session, "LLM.complete", "hello")
    assert session.errors == []  # type: ignore[attr-defined]
