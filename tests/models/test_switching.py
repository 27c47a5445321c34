"""Another model while a spell runs: for an agent, or for all that name none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridges._errors import ModelNotFound
from bridges._events.bus import Bus
from bridges._session import Session
from tests.door import Function, call, wait_for
from tests.models.asking import running, session_at
from tests.models.servers import Servers


@pytest.fixture
def session(servers: Servers, tmp_path: Path) -> Session:
    return session_at(servers, tmp_path, models={"timeout": 20.0, "default_model": "lab:tool"})


def switching(session: Session, **options: Any) -> Any:
    """Returns an agent whose tool switches it to another model."""
    agents: list[Any] = []

    async def run(_arguments: Any) -> str:
        if "model" in options:
            call(session, "Agent:set_model", agents[0], "anthropic:echo")
        else:
            call(session, "Model.set_default", "anthropic:echo")
        return "switched"

    tool = {"name": "switch", "description": "d", "parameters": {}, "run": Function(run)}
    agents.append(call(session, "Agent.new", {"name": "one", "tools": [tool], **options}))
    return agents[0]


def events(session: Session) -> list[dict[str, Any]]:
    bus: Bus = session.shared(Bus)
    return [event["data"] for event in bus.history() if event["name"] == "model.switched"]


@pytest.mark.parametrize("options", [{"model": "lab:tool"}, {}])
@pytest.mark.parametrize("way", ["run", "stream"])
def test_the_next_step_of_a_run_asks_the_new_model(
    way: str, options: dict[str, Any], session: Session, servers: Servers
) -> None:
    agent = switching(session, **options)

    async def work() -> Any:
        if way == "run":
            return await wait_for(session, "Agent:run", agent, "hi")
        stream = await wait_for(session, "Agent:stream", agent, "hi")
        return await wait_for(session, "Stream:result", stream)

    answer = running(session, work)
    assert [request.path for request in servers.requests] == [
        "/v1/chat/completions",
        "/v1/messages",
    ]
    assert answer["model"] == "anthropic:echo"
    said = {"agent": "one"} if options else {}
    assert events(session) == [{**said, "from": "lab:tool", "to": "anthropic:echo"}]


def test_a_run_that_named_its_model_keeps_it(session: Session, servers: Servers) -> None:
    agent = switching(session, model="lab:echo")
    options = {"model": "lab:tool"}
    answer = running(session, lambda: wait_for(session, "Agent:run", agent, "hi", options))
    assert answer["model"] == "lab:tool"
    assert call(session, "Agent:info", agent)["model"] == "anthropic:echo"


def test_a_name_that_means_nothing_changes_nothing(session: Session) -> None:
    agent = switching(session, model="lab:echo")
    for name in ("nobody:x", "pool:nobody", "nothing"):
        with pytest.raises(ModelNotFound):
            call(session, "Agent:set_model", agent, name)
        with pytest.raises(ModelNotFound):
            call(session, "Model.set_default", name)
    assert call(session, "Agent:info", agent)["model"] == "lab:echo"
    assert call(session, "Model.default") == "lab:tool"
    assert events(session) == []


def test_spells_that_the_spell_runs_follow_and_its_caller_does_not(
    session: Session, servers: Servers, tmp_path: Path
) -> None:
    inner = session_at(servers, tmp_path, caller=session)
    innermost = session_at(servers, tmp_path, caller=inner)
    inner.inner.append(innermost)
    call(inner, "Model.set_default", "lab:echo")
    assert call(innermost, "Model.default") == "lab:echo"
    assert call(session, "Model.default") == "lab:tool"


def test_an_agent_made_from_another_is_not_switched_with_it(session: Session) -> None:
    agent = switching(session, model="lab:tool")
    twin = call(session, "Agent:clone", agent, {"name": "twin"})

    async def work() -> list[str]:
        first = await wait_for(session, "Agent:run", agent, "hi")
        call(session, "Agent:set_model", agent, "lab:echo")
        second = await wait_for(session, "Agent:run", twin, "hi")
        return [first["model"], second["model"]]

    assert running(session, work) == ["anthropic:echo", "lab:tool"]
