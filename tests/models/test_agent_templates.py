"""Templates of agents: those of the program are whole, and runs have their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridges._agents.records import AgentOptions
from bridges._agents.templates import FOLDER, AgentTemplates, built_in
from bridges._builtins.tools import BUILTINS
from bridges._errors import InvalidArgument, NotFound
from bridges._invoke import Door
from bridges._types import shape_of
from tests.door import call, finish, wait_for
from tests.sessions import make_session

NAMES = ["chat", "code", "data_analyst", "orchestrator", "planner", "research"]


def test_every_file_is_a_template() -> None:
    assert sorted(built_in()) == sorted(path.stem for path in FOLDER.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_whole(name: str, tmp_path: Path) -> None:
    session = make_session(tmp_path)
    options = built_in()[name]
    shape_of(AgentOptions).read(options, name, Door(session).border(name))
    assert set(options.get("tools", [])) <= set(BUILTINS)
    assert "model" not in options, "whoever runs the spell chooses the model"
    assert len(options["system_prompt"]) > 300
    assert options["description"] and not options["description"].endswith(".")
    spec = session.shared(AgentTemplates).find(name)
    assert spec.name == name


@pytest.mark.parametrize("name", ["", "a b", "1st", "x" * 65, "../chat"])
def test_names_of_templates(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="cannot be the name of a template"):
        call(make_session(tmp_path), "Agent.add_template", name, {})


def test_a_bad_template_is_refused_when_it_is_added(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    for options, kind in (
        ({"tools": ["nothing"]}, NotFound),
        ({"max_steps": 0}, InvalidArgument),
        ({"output_schema": {"a": "strin"}}, InvalidArgument),
        ({"system_promt": "x"}, InvalidArgument),
        ({"based_on": "mine"}, NotFound),
        ({"based_on": "chat", "more_tools": ["calculator"]}, InvalidArgument),
    ):
        with pytest.raises(kind):
            call(session, "Agent.add_template", "mine", options)
    with pytest.raises(NotFound, match="there is no agent template 'mine'"):
        call(session, "Agent.template", "mine")


def test_an_unknown_name_gets_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        call(make_session(tmp_path), "Agent.template", "reserch")
    assert caught.value.hint == "did you mean 'research'?"


def test_a_run_replaces_its_own_and_nobody_elses(tmp_path: Path) -> None:
    session, other = make_session(tmp_path), make_session(tmp_path)
    call(session, "Agent.add_template", "mine", {"description": "first"})
    call(session, "Agent.add_template", "mine", {"description": "second", "based_on": "mine"})
    agent = call(session, "Agent.template", "mine")
    found = call(session, "Agent:info", agent)
    assert found["description"] == "second"
    with pytest.raises(NotFound):
        call(other, "Agent.template", "mine")


def test_tools_of_a_template_stay_within_the_grants(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    steps = [
        {"tool_calls": [{"name": "file_read", "arguments": {"path": "/etc/hostname"}}]},
        {"text": "no"},
    ]
    path.write_text(json.dumps(steps))
    session = make_session(tmp_path)
    agent = call(session, "Agent.template", "research", {"model": f"test:{path}"})
    answer = finish(session, wait_for(session, "Agent:run", agent, "read it", {}))
    assert "needs read access to '/etc/hostname'" in answer["steps"][1]["error"]
