"""The gate: whoever looks at a model request or a tool call sees it whole and may change it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from bridges._session import Session
from tests.models.asking import PROTOCOLS, ask, failure, running, session_at
from tests.models.servers import Servers

Change = Callable[[dict[str, Any]], Any]


class Recorder:
    """A gate that keeps what it saw and changes it."""

    def __init__(self, change: Change, wait: float = 0) -> None:
        self.seen: list[tuple[str, str, dict[str, Any]]] = []
        self._change = change
        self._wait = wait

    async def pass_on(self, kind: str, name: str, request: dict[str, Any]) -> dict[str, Any]:
        self.seen.append((kind, name, deepcopy(request)))
        await asyncio.sleep(self._wait)
        self._change(request)
        return request


def nothing(_request: dict[str, Any]) -> None:
    pass


def gated(session: Session, change: Change = nothing, wait: float = 0) -> Recorder:
    session.gate = gate = Recorder(change, wait)
    return gate


def say(text: str) -> Change:
    def change(request: dict[str, Any]) -> None:
        request["messages"][-1]["parts"][-1]["content"] = text

    return change


@pytest.mark.parametrize("provider", PROTOCOLS)
def test_a_changed_message_is_what_the_provider_gets(
    provider: str, servers: Servers, tmp_path: Path
) -> None:
    session = session_at(servers, tmp_path)
    gate = gated(session, say("changed words"))
    options = {"model": f"{provider}:plain", "system": "Be brief.", "temperature": 0.5}
    assert ask(session, "LLM.complete", "first words", options)["text"] == "echo: changed words"
    sent = json.dumps(servers.requests[-1].body)
    assert "changed words" in sent and "first words" not in sent
    kind, name, request = gate.seen[0]
    assert (kind, name) == ("model", f"{provider}:plain") and len(gate.seen) == 1
    assert request["settings"]["temperature"] == 0.5
    assert "first words" in json.dumps(request["messages"])
    assert "Be brief." in json.dumps(request["messages"])


def test_a_request_that_is_let_through_is_the_same_request(
    servers: Servers, tmp_path: Path
) -> None:
    bodies = []
    for gate in (False, True):
        session = session_at(servers, tmp_path)
        if gate:
            gated(session)
        ask(session, "LLM.complete", "x", {"model": "openai-chat:plain", "max_tokens": 99})
        bodies.append(servers.requests[-1].body)
    assert bodies[0] == bodies[1]


def test_a_changed_setting_is_what_the_provider_gets(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)
    gated(session, lambda request: request["settings"].update(max_tokens=77))
    ask(session, "LLM.complete", "x", {"model": "anthropic:plain", "max_tokens": 99})
    assert servers.requests[-1].body["max_tokens"] == 77


def test_streams_pass_the_gate_too(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path)
    gated(session, say("other words"))

    async def work() -> Any:
        options = {"model": "lab:plain", "prompt": "x"}
        stream = await session.door.call_async(session.door.number("LLM.stream"), [options])
        return await stream.result()

    assert running(session, work)["text"] == "echo: other words"


NO_REQUESTS: dict[str, Change] = {
    "unknown message": lambda request: request["messages"].append({"kind": "nonsense"}),
    "no messages": lambda request: request["messages"].clear(),
    "an answer last": lambda request: request["messages"].append({"kind": "response", "parts": []}),
    "no list": lambda request: request.update(messages=5),
    "no map": lambda request: request.update(settings=3),
}


@pytest.mark.parametrize("change", NO_REQUESTS.values(), ids=NO_REQUESTS.keys())
def test_a_change_that_is_no_request_is_refused(
    change: Change, servers: Servers, tmp_path: Path
) -> None:
    session = session_at(servers, tmp_path)
    gated(session, change)
    error = failure(session, "LLM.complete", "x", {"model": "lab:plain"})
    assert error.code == "invalid_argument" and "the changed" in error.message
    assert servers.requests == []


def test_the_time_at_the_gate_is_nobodys_limit(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"timeout": 3.0})
    gated(session, wait=3.3)
    assert ask(session, "LLM.complete", "x", {"model": "lab:plain"})["text"] == "echo: x"


def test_tool_calls_pass_the_gate_and_are_checked_again(tmp_path: Path, servers: Servers) -> None:
    session = session_at(servers, tmp_path)
    gate = gated(session, lambda request: request["arguments"].update(expression="2 * 21"))
    assert ask(session, "Tool.call", "calculator", {"expression": "1 + 1"}) == 42
    assert gate.seen == [
        ("tool", "calculator", {"tool": "calculator", "arguments": {"expression": "1 + 1"}})
    ]
    session = session_at(servers, tmp_path)
    gated(session, lambda request: request["arguments"].pop("expression"))
    error = failure(session, "Tool.call", "calculator", {"expression": "1 + 1"})
    assert "expression" in error.message
