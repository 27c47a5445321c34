"""Agents that hand the conversation over, through the real SDKs and with scripted models."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bridges._budget import Budget
from bridges._errors import (
    BudgetExceeded,
    GuardrailBlocked,
    InvalidArgument,
    LimitExceeded,
    PermissionDenied,
    ProviderFailed,
    ScriptError,
    TimeLimit,
)
from bridges._events.bus import Bus
from bridges._hooks.hooks import Hooks, HookSpec
from bridges._session import Session
from bridges._settings import ModelSettings, Provider
from tests.door import Function, call, fails, finish, gives, sleeps, wait_for
from tests.models.servers import Servers
from tests.sessions import make_session

PROTOCOLS = ["lab", "claude", "gemini"]


@pytest.fixture
def session(tmp_path: Path, servers: Servers) -> Session:
    providers = {
        "lab": Provider("openai", servers.openai_url, "key"),
        "claude": Provider("anthropic", servers.anthropic_url, "key"),
        "gemini": Provider("google", servers.google_url, "key"),
    }
    return make_session(tmp_path, models=ModelSettings(providers=providers))


def new(session: Session, name: str, model: str, **options: Any) -> Any:
    return call(session, "Agent.new", {"name": name, "model": model, **options})


def to(session: Session, agent: Any, **options: Any) -> Any:
    return call(session, "Handoff.to", agent, options)


def ask(session: Session, agent: Any, said: Any = "hi", **options: Any) -> Any:
    return finish(session, wait_for(session, "Agent:run", agent, said, options))


def plays(session: Session, *steps: dict[str, Any]) -> str:
    """Returns the name of a model that plays these steps."""
    folder = session.grants.base
    path = folder / f"model{len(list(folder.glob('*.json')))}.json"
    path.write_text(json.dumps(steps))
    return f"test:{path}"


def over(*names: str, **arguments: Any) -> dict[str, Any]:
    """Returns the step of a model that calls these handoffs at once."""
    given = {"reason": "because", **arguments}
    calls = [{"name": f"transfer_to_{name}", "arguments": given} for name in names]
    return {"tool_calls": calls}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_conversation_goes_on_with_the_other_agent(
    session: Session, protocol: str, servers: Servers
) -> None:
    other = new(session, "other", f"{protocol}:say-mine", system_prompt="I am the other.")
    desk = new(session, "desk", f"{protocol}:tool", system_prompt="I sort.", handoffs=[other])
    answer = ask(session, desk)
    assert answer["agent"] == "other"
    assert answer["usage"]["requests"] == session.budget.requests == 2
    assert answer["model"] == f"{protocol}:say-mine"
    record = answer["handoffs"][0]
    assert {**record, "at": 0} == {
        "from_agent": "desk",
        "to_agent": "other",
        "reason": "sample",
        "at": 0,
    }
    first, second = (str(request.body) for request in servers.requests)
    assert "transfer_to_other" in first and "I sort." in first
    assert "I am the other." in second and "I sort." not in second
    assert [message["role"] for message in answer["messages"]] == [
        "user",
        "assistant",
        "tool",
        "assistant",
    ]
    assert [step["kind"] for step in answer["steps"]] == ["model", "tool", "model"]
    assert answer["steps"][1]["tool"] == "transfer_to_other"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_handing_over_while_streaming(session: Session, protocol: str) -> None:
    other = new(session, "other", f"{protocol}:say-one_two_three")
    desk = new(
        session, "desk", f"{protocol}:tool", handoffs=[to(session, other, keep_history="none")]
    )

    async def stream() -> tuple[list[str], Any]:
        stream = await wait_for(session, "Agent:stream", desk, "hi")
        pieces: list[str] = []
        while not (found := await wait_for(session, "Stream:next", stream))["done"]:
            pieces += found["items"]
        return pieces, await wait_for(session, "Stream:result", stream)

    pieces, answer = finish(session, stream())
    assert len(pieces) > 1
    assert "".join(pieces) == answer.text == "one two three"
    assert answer["agent"] == "other"
    assert len(answer["handoffs"]) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_first_of_several_handoffs_in_one_answer_holds(session: Session, protocol: str) -> None:
    run = gives("done")
    tool = {"name": "work", "description": "d", "run": run}
    one, two = (new(session, name, f"{protocol}:echo") for name in ("one", "two"))
    desk = new(session, "desk", f"{protocol}:tool-all", tools=[tool], handoffs=[one, two])
    answer = ask(session, desk)
    assert answer["agent"] == "one"
    assert len(run.calls) == len(answer["handoffs"]) == 1
    told = {m["name"]: m["content"] for m in answer["messages"] if m["role"] == "tool"}
    assert told["work"] == "done"
    assert "handed over to one" in told["transfer_to_one"]
    assert "the conversation is handed over to 'one' already" in told["transfer_to_two"]


def test_the_first_that_is_agreed_to_holds(session: Session) -> None:
    one, two, three = (new(session, name, "test:echo") for name in ("one", "two", "three"))
    never = to(session, one, condition=gives(False))
    model = plays(session, over("one", "two", "three"))
    answer = ask(session, new(session, "desk", model, handoffs=[never, two, three]))
    assert answer["agent"] == "two"


def test_the_first_holds_however_long_it_takes(session: Session) -> None:
    async def slowly(_told: dict[str, Any]) -> bool:
        await asyncio.sleep(0.2)
        return True

    slow = to(session, new(session, "slow", "test:echo"), condition=Function(slowly))
    quick = new(session, "quick", "test:echo")
    model = plays(session, over("slow", "quick"))
    answer = ask(session, new(session, "desk", model, handoffs=[slow, quick]))
    assert (answer["agent"], len(answer["handoffs"])) == ("slow", 1)


def test_a_structured_answer_comes_from_the_one_who_answers(session: Session) -> None:
    other = new(session, "other", "lab:json", output_schema={"city": "string"})
    desk = new(session, "desk", "lab:tool", handoffs=[other], output_schema={"name": "string"})
    assert ask(session, desk)["output"] == {"city": "sample"}


def test_endless_handing_over_ends_at_max_handoffs(session: Session) -> None:
    ping = new(session, "ping", "lab:loop", max_handoffs=3)
    pong = new(session, "pong", "lab:loop", handoffs=[ping])
    undone = gives(None)
    call(session, "Agent:add_handoff", ping, to(session, pong, on_rollback=undone))
    with pytest.raises(LimitExceeded, match="handed over 3 times") as caught:
        ask(session, ping)
    assert caught.value.details["limit"] == "max_handoffs"
    assert [h["to_agent"] for h in caught.value.details["handoffs"]] == ["pong", "ping", "pong"]
    assert session.budget.requests == 4
    assert [told["to_agent"] for told in undone.calls] == ["pong", "pong"]


def test_endless_handing_over_ends_by_itself(session: Session) -> None:
    ping = new(session, "ping", "lab:loop")
    pong = new(session, "pong", "lab:loop", handoffs=[ping])
    call(session, "Agent:add_handoff", ping, pong)
    with pytest.raises(LimitExceeded):
        ask(session, ping)
    assert session.budget.requests <= 11


def test_no_handoff_where_none_is_allowed(session: Session) -> None:
    desk = new(session, "desk", "lab:tool", handoffs=[new(session, "other", "lab:echo")])
    with pytest.raises(LimitExceeded, match="handed over 0 times"):
        ask(session, desk, max_handoffs=0)


def test_the_steps_of_the_first_agent_bound_the_whole(session: Session) -> None:
    tool = {"name": "work", "description": "d", "run": gives("again")}
    other = new(session, "other", "lab:loop", tools=[tool], max_steps=100)
    desk = new(session, "desk", "lab:tool", handoffs=[other], max_steps=5)
    with pytest.raises(LimitExceeded, match="'desk' and those it handed over to") as caught:
        ask(session, desk)
    assert caught.value.details["limit"] == "max_steps"
    assert session.budget.requests == 5


def test_the_steps_of_an_agent_bound_its_own_part(session: Session) -> None:
    tool = {"name": "work", "description": "d", "run": gives("again")}
    other = new(session, "other", "lab:loop", tools=[tool], max_steps=2)
    desk = new(session, "desk", "lab:tool", handoffs=[other], max_steps=50)
    with pytest.raises(LimitExceeded, match="'other' was not done after 2 model requests"):
        ask(session, desk)


def test_the_time_of_the_first_agent_bounds_the_whole(session: Session) -> None:
    other = new(session, "other", "lab:slow-30")
    desk = new(session, "desk", "lab:tool", handoffs=[other], timeout=4)
    with pytest.raises(TimeLimit, match="'desk' and those it handed over to took longer than 4 "):
        ask(session, desk)


def test_the_budget_bounds_the_whole(session: Session) -> None:
    session.budget = Budget(max_requests=1)
    desk = new(session, "desk", "lab:tool", handoffs=[new(session, "other", "lab:echo")])
    with pytest.raises(BudgetExceeded):
        ask(session, desk)


def test_a_refused_handoff_leaves_the_state_and_tells_the_model(session: Session) -> None:
    undone = gives(None)
    other = new(session, "other", "test:echo")
    no = to(session, other, name="no", state={"n": 2}, validate=gives("wrong"), on_rollback=undone)
    yes = to(session, other, name="yes")
    model = plays(session, over("no"), over("yes"))
    desk = new(session, "desk", model, handoffs=[no, yes])
    answer = ask(session, desk)
    assert [step.get("error") for step in answer["steps"] if step["kind"] == "tool"] == [
        "the tool 'transfer_to_no' failed: a handoff to 'other' was refused: wrong",
        None,
    ]
    assert "state" not in answer["handoffs"][0]
    assert undone.calls == [
        {
            "from_agent": "desk",
            "to_agent": "other",
            "reason": "because",
            "arguments": {"reason": "because"},
            "error": "a handoff to 'other' was refused: wrong",
        }
    ]


@pytest.mark.parametrize("key", ["condition", "state", "validate"])
def test_a_failing_function_refuses_the_handoff(session: Session, key: str) -> None:
    way = to(session, new(session, "other", "test:echo"), **{key: fails(ScriptError("broken"))})
    model = plays(session, over("other"), {"text": "I stay"})
    answer = ask(session, new(session, "desk", model, handoffs=[way]))
    assert (answer.text, answer["handoffs"]) == ("I stay", [])
    assert "broken" in answer["steps"][1]["error"]


def test_a_failing_on_rollback_is_logged_and_the_first_failure_stands(session: Session) -> None:
    broken = new(session, "broken", plays(session, {"error": "provider_error"}))
    way = to(session, broken, on_rollback=fails(ScriptError("this as well")))
    desk = new(session, "desk", plays(session, over("broken")), handoffs=[way])
    with pytest.raises(ProviderFailed) as caught:
        ask(session, desk)
    assert caught.value.details["handoffs"][0]["to_agent"] == "broken"
    lines = session.lines  # type: ignore[attr-defined]
    assert ("warn", "on_rollback failed: this as well") in [line[:2] for line in lines]


def test_the_state_goes_from_agent_to_agent(session: Session) -> None:
    async def more(told: dict[str, Any]) -> Any:
        return {"n": told.get("state", {"n": 0})["n"] + 1}

    last = new(session, "last", "test:echo")
    middle_model = plays(session, over("last"))
    middle = new(session, "middle", middle_model, handoffs=[to(session, last)])
    way = to(session, middle, state=Function(more))
    desk = new(session, "desk", plays(session, over("middle")), handoffs=[way])
    answer = ask(session, desk)
    assert [record["state"] for record in answer["handoffs"]] == [{"n": 1}, {"n": 1}]
    assert 'State: {"n": 1}' in answer["messages"][2]["content"]


def test_state_must_be_data(session: Session) -> None:
    with pytest.raises(InvalidArgument, match="must be data"):
        to(session, new(session, "a", "test:echo"), state={"f": gives(1)})


def test_arguments_are_checked_by_the_schema(session: Session) -> None:
    other = new(session, "other", "test:echo")
    schema = {"reason": "string", "order": {"type": "integer", "required": True}}
    way = to(session, other, input_schema=schema)
    model = plays(session, over("other", order="x"), over("other", order=7))
    answer = ask(session, new(session, "desk", model, handoffs=[way]))
    assert "order" in answer["steps"][1]["error"]
    assert answer["steps"][3]["arguments"]["order"] == 7


@pytest.mark.parametrize(
    ("keep", "seen"),
    [
        ("all", ["one", "echo one", "two", "", "handed over"]),
        (3, ["one", "echo one", "two", "You take"]),
        (2, ["two", "You take"]),
        (1, ["two", "You take"]),
        (0, ["You take"]),
        ("none", ["You take"]),
    ],
)
def test_what_is_kept_of_the_history(session: Session, keep: Any, seen: list[str]) -> None:
    from bridges._llm import agents, history

    other = new(session, "other", "test:echo")
    way = to(session, other, keep_history=keep)
    desk = new(session, "desk", plays(session, over("other")), handoffs=[way])
    past = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "echo one"}]
    shown: list[list[dict[str, Any]]] = []

    def read(messages: list[dict[str, Any]]) -> Any:
        shown.append(messages)
        return history.to_library(messages)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agents, "to_library", read)
        answer = ask(session, desk, "two", messages=past)
    told = [] if keep == "all" else [{"content": answer.text}]
    assert [
        want in got["content"] for want, got in zip(seen, [*shown[-1], *told], strict=True)
    ] == [True] * len(seen)
    assert answer.text.endswith("The user said: two") == (keep in (0, "none"))
    assert [m["content"] for m in answer["messages"][:3]] == ["one", "echo one", "two"]
    assert len(answer["messages"]) == 6


def test_a_summary_is_written_by_the_first_agents_model(session: Session) -> None:
    other = new(session, "other", "test:echo")
    way = to(session, other, keep_history="summary")
    model = plays(session, over("other"), {"text": "They talked."})
    answer = ask(session, new(session, "desk", model, handoffs=[way]))
    assert "The conversation so far: They talked.\nThe user said: hi" in answer.text
    assert answer["usage"]["requests"] == 3


def test_the_answer_can_be_gone_on_from(session: Session) -> None:
    other = new(session, "other", "test:echo")
    desk = new(session, "desk", plays(session, over("other")), handoffs=[other])
    first = ask(session, desk)
    second = ask(session, other, "and now?", messages=first["messages"])
    assert second.text == "and now?"
    assert len(second["messages"]) == len(first["messages"]) + 2


def test_a_handoff_inside_an_agent_that_is_a_tool_stays_inside(session: Session) -> None:
    expert = new(session, "expert", "lab:say-from_the_expert")
    desk = new(session, "desk", "lab:tool", handoffs=[to(session, expert, keep_history="none")])
    boss = new(session, "boss", "lab:tool", tools=[desk])
    answer = ask(session, boss)
    assert answer.text == "the tool said: from the expert"
    assert (answer["agent"], answer["handoffs"]) == ("boss", [])
    assert answer["usage"]["requests"] == session.budget.requests == 4


def test_a_model_that_calls_an_unknown_handoff_is_told(session: Session) -> None:
    model = plays(session, over("nobody"), {"text": "I stay"})
    desk = new(session, "desk", model, handoffs=[new(session, "other", "test:echo")])
    answer = ask(session, desk)
    assert answer.text == "I stay"
    assert "transfer_to_nobody" in answer["steps"][1]["error"]


def test_two_handoffs_of_one_name_are_refused(session: Session) -> None:
    one, two = (new(session, "one", "test:echo") for _ in range(2))
    with pytest.raises(InvalidArgument, match="'transfer_to_one'"):
        new(session, "desk", "test:echo", handoffs=[one, two])
    tool = {"name": "transfer_to_one", "run": gives(1)}
    with pytest.raises(InvalidArgument, match="'transfer_to_one'"):
        new(session, "desk", "test:echo", handoffs=[one], tools=[tool])


def test_cancelling_reaches_the_agent_that_took_over(session: Session) -> None:
    run = sleeps()
    other = new(session, "other", "lab:tool", tools=[{"name": "work", "run": run}])
    desk = new(session, "desk", "lab:tool", handoffs=[to(session, other, keep_history="none")])

    async def cancel() -> None:
        task = asyncio.ensure_future(wait_for(session, "Agent:run", desk, "hi"))
        while not run.calls:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert run.cancelled == 1

    finish(session, cancel())


def test_a_chain_hands_on_and_adds_up(session: Session) -> None:
    one, two = (new(session, name, f"lab:say-{name}") for name in ("one", "two"))
    chain = [to(session, one, state={"n": 1}), to(session, two, keep_history="none")]
    answer = finish(session, wait_for(session, "Handoff.chain", chain, "go", {}))
    assert (answer.text, answer["agent"]) == ("two", "two")
    assert answer["usage"]["requests"] == 2
    assert [record["to_agent"] for record in answer["handoffs"]] == ["one", "two"]
    assert [message["content"] for message in answer["messages"]] == ["go", "one", "one", "two"]


def test_a_chain_that_breaks_undoes_what_it_did(session: Session) -> None:
    undone = gives(None)
    one = to(session, new(session, "one", "test:echo"), on_rollback=undone)
    two = to(session, new(session, "two", "test:echo"), condition=gives(False))
    with pytest.raises(GuardrailBlocked, match="'two' is not possible now") as caught:
        finish(session, wait_for(session, "Handoff.chain", [one, two], "go", {}))
    assert [record["to_agent"] for record in caught.value.details["handoffs"]] == ["one"]
    assert len(undone.calls) == 1


@pytest.mark.parametrize("function", ["Handoff:run", "Handoff.chain"])
def test_a_spell_cannot_ask_for_less_than_no_handoffs(session: Session, function: str) -> None:
    way = to(session, new(session, "one", "test:echo"))
    with pytest.raises(InvalidArgument, match="max_handoffs must be at least 0, got -4"):
        given = [way] if function == "Handoff.chain" else way
        finish(session, wait_for(session, function, given, "go", {"max_handoffs": -4}))


# -- hooks, events and guardrails


def hook(session: Session, point: str, when: Any, run: Function, name: str = "*") -> None:
    hooks: Hooks = session.shared(Hooks)
    hooks.add(lambda id: HookSpec(id, when, point, run, "hook", name))


def handing_over(session: Session, *steps: dict[str, Any], **options: Any) -> Any:
    way = to(session, new(session, "other", "test:echo"), **options)
    return new(session, "desk", plays(session, over("other"), *steps), handoffs=[way])


def test_a_hook_sees_and_denies_a_handoff(session: Session) -> None:
    seen = gives({"deny": "not today"})
    hook(session, "handoff", "before", seen)
    answer = ask(session, handing_over(session, {"text": "I stay"}, state={"n": 1}))
    assert (answer.text, answer["handoffs"]) == ("I stay", [])
    assert "denied by a hook: not today" in answer["steps"][1]["error"]
    assert seen.calls[0]["name"] == "other"
    assert seen.calls[0]["request"] == {
        "from_agent": "desk",
        "to_agent": "other",
        "reason": "because",
        "arguments": {"reason": "because"},
    }


def test_a_hook_changes_what_is_handed_on(session: Session) -> None:
    hook(session, "handoff", "before", gives({"request": {"reason": "mine", "state": {"n": 7}}}))
    answer = ask(session, handing_over(session))
    assert answer["handoffs"][0]["reason"] == "mine"
    assert answer["handoffs"][0]["state"] == {"n": 7}


@pytest.mark.parametrize(
    "said", [{"request": {"arguments": {"x": 1}}}, {"request": {"reason": 1}}, {"result": "no"}]
)
def test_what_a_hook_makes_of_a_handoff_is_checked(session: Session, said: Any) -> None:
    hook(session, "handoff", "before", gives(said))
    answer = ask(session, handing_over(session, {"text": "I stay"}))
    assert (answer.text, answer["handoffs"]) == ("I stay", [])


def test_a_hook_denies_the_agent_that_is_to_take_over(session: Session) -> None:
    undone = gives(None)
    hook(session, "agent", "before", gives({"deny": "not that one"}), "other")
    with pytest.raises(PermissionDenied, match="not that one"):
        ask(session, handing_over(session, on_rollback=undone))
    assert len(undone.calls) == 1


@pytest.mark.parametrize("method", ["run", "stream"])
def test_hooks_of_the_one_who_takes_over_see_its_answer(session: Session, method: str) -> None:
    hook(session, "agent", "after", gives({"result": "replaced"}), "other")

    async def asked() -> Any:
        desk = handing_over(session)
        found = await wait_for(session, f"Agent:{method}", desk, "hi", {})
        return await wait_for(session, "Stream:result", found) if method == "stream" else found

    answer = finish(session, asked())
    assert (answer.text, answer["agent"]) == ("replaced", "other")
    assert answer["messages"][-1] == {"role": "assistant", "content": "replaced"}


def handed(session: Session, way: Any, said: Any = "hi") -> Any:
    return finish(session, wait_for(session, "Handoff:run", way, said, {}))


def test_hooks_deny_who_takes_over_from_the_spell_as_well(session: Session) -> None:
    undone = gives(None)
    hook(session, "agent", "before", gives({"deny": "not that one"}), "other")
    with pytest.raises(PermissionDenied, match="not that one"):
        handed(session, to(session, new(session, "other", "test:echo"), on_rollback=undone))
    assert len(undone.calls) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_hooks_replace_what_is_answered_to_the_spell(session: Session, when: str) -> None:
    hook(session, "agent", when, gives({"result": "replaced"}), "other")
    answer = handed(session, to(session, new(session, "other", "test:echo")))
    assert (answer.text, answer["agent"]) == ("replaced", "other")
    assert [record["to_agent"] for record in answer["handoffs"]] == ["other"]
    assert [message["content"] for message in answer["messages"]] == ["hi", "replaced"]


def test_a_hook_has_who_took_over_from_the_spell_asked_again(session: Session) -> None:
    answers = [{"retry": True}, None]

    async def after(_shown: dict[str, Any]) -> Any:
        return answers.pop(0)

    hook(session, "agent", "after", Function(after), "desk")
    undone = gives(None)
    other = to(session, new(session, "other", "test:echo"), on_rollback=undone)
    desk = new(session, "desk", plays(session, over("other"), over("other")), handoffs=[other])
    answer = handed(session, to(session, desk))
    assert [record["to_agent"] for record in answer["handoffs"]] == ["desk", "other"]
    assert (answer["agent"], len(undone.calls)) == ("other", 1)


def test_events_tell_of_who_takes_over_from_the_spell(session: Session) -> None:
    handed(session, to(session, new(session, "other", "test:echo")))
    seen = [(event["name"], event["data"].get("name")) for event in session.shared(Bus).history()]
    assert ("agent.started", "other") in seen
    assert ("agent.ended", "other") in seen


def test_handoffs_after_one_of_the_spell_are_undone_with_it(session: Session) -> None:
    order: list[str] = []

    def undone(name: str) -> Function:
        async def run(_told: dict[str, Any]) -> None:
            order.append(name)

        return Function(run)

    hook(session, "agent", "before", gives({"deny": "no"}), "other")
    other = to(session, new(session, "other", "test:echo"), on_rollback=undone("other"))
    desk = new(session, "desk", plays(session, over("other")), handoffs=[other])
    with pytest.raises(PermissionDenied) as caught:
        handed(session, to(session, desk, on_rollback=undone("desk")))
    assert order == ["other", "desk"]
    names = [record["to_agent"] for record in caught.value.details["handoffs"]]
    assert names == ["desk", "other"]


def test_a_hook_that_wants_it_done_again_gets_one_handoff(session: Session) -> None:
    times: list[int] = []

    async def once(_shown: dict[str, Any]) -> Any:
        times.append(1)
        return {"retry": True} if len(times) == 1 else None

    undone = gives(None)
    hook(session, "tool", "after", Function(once), "transfer_to_other")
    answer = ask(session, handing_over(session, on_rollback=undone))
    assert answer["agent"] == "other"
    assert (len(answer["handoffs"]), len(undone.calls)) == (1, 1)


def test_a_hook_that_denies_afterwards_undoes_the_handoff(session: Session) -> None:
    undone = gives(None)
    hook(session, "tool", "after", gives({"deny": "no"}), "transfer_to_other")
    answer = ask(session, handing_over(session, {"text": "I stay"}, on_rollback=undone))
    assert (answer.text, answer["handoffs"]) == ("I stay", [])
    assert len(undone.calls) == 1


def test_what_is_undone_leaves_no_state(session: Session) -> None:
    async def only_first(shown: dict[str, Any]) -> Any:
        return {"deny": "no"} if shown["name"].endswith("first") else None

    hook(session, "tool", "after", Function(only_first), "transfer_to_*")
    other = new(session, "other", "test:echo")
    ways = [to(session, other, name="first", state={"n": 1}), to(session, other, name="second")]
    desk = new(session, "desk", plays(session, over("first"), over("second")), handoffs=ways)
    answer = ask(session, desk)
    assert ["state" in record for record in answer["handoffs"]] == [False]


@pytest.mark.parametrize(("said", "text"), [({"deny": "no"}, "I stay"), ({"retry": True}, "hi")])
def test_a_hook_after_a_handoff_undoes_it(session: Session, said: Any, text: str) -> None:
    answers = [said, None]

    async def after(_shown: dict[str, Any]) -> Any:
        return answers.pop(0)

    undone = gives(None)
    hook(session, "handoff", "after", Function(after))
    way = {"state": {"n": 1}, "on_rollback": undone, "keep_history": 1}
    answer = ask(session, handing_over(session, {"text": "I stay"}, **way))
    assert answer.text.startswith(text)
    assert len(answer["handoffs"]) == (text == "hi")
    assert len(undone.calls) == 1


def test_events_tell_of_handoffs_and_agents(session: Session) -> None:
    told: list[tuple[str, str]] = []
    bus: Bus = session.shared(Bus)
    emit = bus.emit

    def noted(name: str, data: dict[str, Any], *more: Any) -> None:
        if name.startswith(("handoff", "agent")):
            told.append((name, data["name"]))
        emit(name, data, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bus, "emit", noted)
        ask(session, handing_over(session))
    assert told == [
        ("agent.started", "desk"),
        ("handoff.started", "other"),
        ("handoff.ended", "other"),
        ("agent.started", "other"),
        ("agent.ended", "other"),
        ("agent.ended", "desk"),
    ]
