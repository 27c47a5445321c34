"""Spans: parents under interleaving, errors, bounds, trace ids from outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridges import _tracing
from bridges._hooks.spans import ANSWERED, ASKED
from bridges._permissions import Grants
from bridges._session import Session
from bridges._tracing import tracing_of
from engines.languages import LANGUAGES
from tests.casting import cast
from tests.sessions import make_session

PARALLEL = {
    "lua": """
local function work(name, seconds)
  return function()
    return Trace.span(name, function()
      for i = 1, 3 do
        Async.sleep(seconds)
        File.exists("x")
        Trace.span(name .. i, function()
          Async.sleep(seconds)
          Trace.set_attribute("of", name)
        end)
      end
      local task = Async.spawn(function()
        Async.sleep(seconds)
        return Trace.span(name .. " spawned", function() return Trace.current().name end)
      end)
      return task:wait()
    end)
  end
end
return Trace.span("all", function()
  return Async.all({ work("a", 0.004), work("b", 0.003), work("c", 0.002) })
end)
""",
    "javascript": """
const work = (name, seconds) => Trace.span(name, async () => {
  for (let i = 1; i <= 3; i++) {
    await Async.sleep(seconds);
    await File.exists("x");
    await Trace.span(name + i, async () => {
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      Trace.setAttribute("of", name);
    });
  }
  const task = Async.spawn(async () => {
    await Async.sleep(seconds);
    return Trace.span(name + " spawned", () => Trace.current().name);
  });
  return task;
});
const all = () => Promise.all([work("a", 0.004), work("b", 0.003), work("c", 0.002)]);
export default await Trace.span("all", all);
""",
}
CHILDREN = [f"{name}{i}" for name in "abc" for i in (1, 2, 3)]


def run(session: Session, language: str, source: str) -> Any:
    outcome, _ = cast(language, source, session)
    assert outcome.error is None, outcome.error
    return outcome.value


def parents(session: Session) -> dict[str, str]:
    """Returns the name of each ended span's parent."""
    assert session.tracing is not None
    spans = session.tracing.ended()
    names = {span.span_id: span.name for span in (*spans, session.tracing.root)}
    return {span.name: names[span.parent_id] for span in spans}


@pytest.mark.parametrize("language", LANGUAGES)
def test_parallel_spans_keep_their_parents(language: str, tmp_path: Path) -> None:
    session = make_session(tmp_path)
    assert run(session, language, PARALLEL[language]) == ["a spawned", "b spawned", "c spawned"]
    found = parents(session)
    assert found.pop("all") == "run test"
    assert {name: found.pop(name) for name in "abc"} == dict.fromkeys("abc", "all")
    for name in "abc":
        assert found.pop(f"{name} spawned") == name
    assert found == {name: name[0] for name in CHILDREN}
    assert session.tracing is not None
    of = {s.name: s.attributes.get("of") for s in session.tracing.ended() if s.name in CHILDREN}
    assert of == {name: name[0] for name in CHILDREN}
    assert len({span.trace_id for span in session.tracing.ended()}) == 1


DETACHED = {
    "lua": """
local later
Trace.span("early", function()
  later = Async.spawn(function()
    Async.sleep(0.01)
    Trace.span("late", function() end)
  end)
end)
Trace.span("beside", function() end)
later:wait()
""",
    "javascript": """
let later;
await Trace.span("early", () => {
  later = Async.sleep(0.01).then(() => Trace.span("late", () => {}));
});
await Trace.span("beside", () => {});
await later;
""",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_goes_on_after_a_span_still_belongs_to_it(language: str, tmp_path: Path) -> None:
    session = make_session(tmp_path)
    run(session, language, DETACHED[language])
    assert parents(session) == {"early": "run test", "beside": "run test", "late": "early"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_marks_the_span(language: str, tmp_path: Path) -> None:
    fails = {
        "lua": 'pcall(Trace.span, "work", function() File.read("absent") end)',
        "javascript": 'try { await Trace.span("work", () => File.read("absent")) } catch {}',
    }
    session = make_session(tmp_path)
    run(session, language, fails[language])
    assert session.tracing is not None
    (span,) = session.tracing.ended()
    assert span.error.startswith("not_found: ")
    assert span.end >= span.start


def test_a_trace_of_another_program_goes_on(tmp_path: Path) -> None:
    above = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    session = make_session(tmp_path, environ={"TRACEPARENT": above})
    assert run(session, "lua", "return Trace.current().trace_id") == above[3:35]
    assert session.tracing is not None
    assert session.tracing.root.parent_id == above[36:52]
    assert session.tracing.sampled is True


@pytest.mark.parametrize(
    "wrong", ["", "hello", "00-" + "0" * 32 + "-b7ad6b7169203331-01", "00-1-2-01"]
)
def test_a_broken_traceparent_is_as_none(wrong: str, tmp_path: Path) -> None:
    session = make_session(tmp_path, environ={"TRACEPARENT": wrong})
    assert len(run(session, "lua", "return Trace.current().trace_id")) == 32
    assert session.tracing is not None
    assert session.tracing.root.parent_id == ""


def test_only_so_much_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tracing, "MAX_SPANS", 5)
    session = make_session(tmp_path)
    source = 'for i = 1, 9 do Trace.span("s" .. i, function() end) end return #Trace.spans()'
    assert run(session, "lua", source) == 5
    monkeypatch.setattr(_tracing, "MAX_VALUES", 12)
    source = """
    for i = 1, 9 do Trace.span("s" .. i, function() end, { attributes = { a = 1, b = 2 } }) end
    return #Trace.spans()"""
    assert run(make_session(tmp_path), "lua", source) == 4


def test_one_span_is_bounded(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    source = """
    Trace.span(("n"):rep(1000), function()
      for i = 1, 100 do
        Trace.set_attribute("a" .. i, ("x"):rep(5000))
        Trace.add_event("e" .. i)
      end
    end)"""
    run(session, "lua", source)
    assert session.tracing is not None
    (span,) = session.tracing.ended()
    assert len(span.name) == 200
    assert len(span.attributes) == 64
    assert len(span.events) == 64
    assert len(str(span.attributes["a1"])) == 1000


AGENTS = {
    "lua": """
local function tool(name, seconds)
  return {
    name = "look_" .. name,
    run = function()
      Async.sleep(seconds)
      return Trace.span("inside " .. name, function()
        Async.sleep(seconds)
        return LLM.complete("hello " .. name, { model = "test:echo" }).text
      end)
    end,
  }
end
local function ask(name, seconds)
  return function()
    local tools = { tool(name, seconds) }
    local agent = Agent.new({ name = name, model = "test:" .. name .. ".json", tools = tools })
    return agent:run("go").text
  end
end
return Trace.span("all", function() return Async.all({ ask("a", 0.005), ask("b", 0.003) }) end)
""",
    "javascript": """
const tool = (name, seconds) => ({
  name: "look_" + name,
  run: async () => {
    await Async.sleep(seconds);
    return Trace.span("inside " + name, async () => {
      await Async.sleep(seconds);
      return (await LLM.complete("hello " + name, {model: "test:echo"})).text;
    });
  },
});
const ask = async (name, seconds) => {
  const agent = Agent.new({name, model: `test:${name}.json`, tools: [tool(name, seconds)]});
  return (await agent.run("go")).text;
};
export default await Trace.span("all", () => Promise.all([ask("a", 0.005), ask("b", 0.003)]));
""",
}


def steps(tmp_path: Path, name: str) -> None:
    call = {"name": f"look_{name}", "arguments": {}}
    played = [{"tool_calls": [call]}, {"text": f"done {name}"}]
    (tmp_path / f"{name}.json").write_text(json.dumps(played))


@pytest.mark.parametrize("language", LANGUAGES)
def test_agents_models_and_tools_lie_where_they_were_called(language: str, tmp_path: Path) -> None:
    steps(tmp_path, "a")
    steps(tmp_path, "b")
    session = make_session(tmp_path)
    assert run(session, language, AGENTS[language]) == ["done a", "done b"]
    assert session.tracing is not None
    spans = {span.span_id: span for span in session.tracing.ended()}
    found = sorted((s.name, spans[s.parent_id].name) for s in spans.values() if s.name != "all")
    assert found == sorted(
        line
        for name in "ab"
        for line in (
            (f"invoke_agent {name}", "all"),
            (f"chat test:{name}.json", f"invoke_agent {name}"),
            (f"chat test:{name}.json", f"invoke_agent {name}"),
            (f"execute_tool look_{name}", f"invoke_agent {name}"),
            (f"inside {name}", f"execute_tool look_{name}"),
            ("chat test:echo", f"inside {name}"),
        )
    )
    chat = next(s for s in spans.values() if s.name == "chat test:echo")
    assert chat.attributes["gen_ai.operation.name"] == "chat"
    assert chat.attributes["gen_ai.provider.name"] == "test"
    assert chat.attributes["gen_ai.request.model"] == "echo"
    assert isinstance(chat.attributes["gen_ai.usage.input_tokens"], int)
    told = {name for span in spans.values() for name in span.attributes}
    content = {name for fields in ASKED.values() for _, name in fields} | {*ANSWERED.values()}
    assert not told & content


def test_content_is_told_where_it_is_wanted(tmp_path: Path) -> None:
    steps(tmp_path, "a")
    steps(tmp_path, "b")
    session = make_session(tmp_path)
    tracing_of(session).content = True
    run(session, "lua", AGENTS["lua"])
    assert session.tracing is not None
    told = {s.name: s.attributes for s in session.tracing.ended()}
    assert "hello" in str(told["chat test:echo"]["gen_ai.input.messages"])
    assert "hello" in str(told["chat test:echo"]["gen_ai.output.messages"])
    assert "hello a" in str(told["execute_tool look_a"]["gen_ai.tool.call.result"])
    assert told["invoke_agent a"]["gen_ai.input.messages"] == "go"


def test_a_streamed_answer_is_a_span_as_well(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    source = """
    return Trace.span("all", function()
      local agent = Agent.new({ name = "a", model = "test:echo" })
      for _ in agent:stream("hello") do end
      return Trace.current().name
    end)"""
    assert run(session, "lua", source) == "all"
    assert parents(session) == {
        "chat test:echo": "invoke_agent a",
        "invoke_agent a": "all",
        "all": "run test",
    }


def test_what_fails_is_marked(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    run(session, "lua", 'Trace.current() pcall(Tool.call, "file_read", { path = "absent" })')
    assert session.tracing is not None
    (span,) = session.tracing.ended()
    assert span.name == "execute_tool file_read"
    assert span.error.startswith("tool_failed: ")


def test_nothing_is_traced_until_the_noun_is_touched(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    run(session, "lua", 'return File.exists("x")')
    assert session.tracing is None


def test_programs_find_the_span_they_were_started_in(tmp_path: Path) -> None:
    session = make_session(tmp_path, grants=Grants(base=tmp_path, run=("sh",)))
    source = """
    local ask = { program = "sh", arguments = { "-c", "echo $TRACEPARENT" } }
    local function told() return Tool.call("run_program", ask).stdout end
    return { told(), Trace.span("work", told) }"""
    before, inside = run(session, "lua", source)
    assert before == "\n"
    assert session.tracing is not None
    call = next(s for s in session.tracing.ended() if s.name == "execute_tool run_program")
    assert inside == f"00-{call.trace_id}-{call.span_id}-01\n"


def test_a_span_tells_what_hooks_have_left_of_an_answer(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    tracing_of(session).content = True
    source = """
    Hook.before("model", function(asked)
      asked.request.messages[1].content = "REDACTED"
      return { request = asked.request }
    end)
    Hook.after("model", function() return { result = "also gone" } end)
    return LLM.complete("the secret", { model = "test:echo" }).text"""
    assert run(session, "lua", source) == "also gone"
    assert session.tracing is not None
    (span,) = session.tracing.ended()
    told = json.dumps(span.attributes)
    assert "secret" not in told
    assert "REDACTED" in str(span.attributes["gen_ai.input.messages"])
    assert "also gone" in str(span.attributes["gen_ai.output.messages"])


def test_a_span_that_has_ended_says_nothing_more(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    source = """
    local later
    Trace.span("work", function()
      later = Async.spawn(function()
        Async.sleep(0.01)
        Trace.set_attribute("late", 1)
        Trace.add_event("late")
      end)
    end)
    later:wait()"""
    run(session, "lua", source)
    assert session.tracing is not None
    (span,) = session.tracing.ended()
    assert (span.attributes, span.events) == ({}, [])


def test_values_that_are_no_data_become_words(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    source = r"""
    Trace.span("\u{e6}", function()
      Trace.set_attributes({ bytes = "\xff" .. ("x"):rep(5000), map = { f = print } })
    end)"""
    run(session, "lua", source)
    assert session.tracing is not None
    (span,) = session.tracing.ended()
    assert span.name == "\u00e6"
    assert len(str(span.attributes["bytes"])) <= 1000
    assert span.attributes["map"] == '{"f": "<a function>"}'
    assert _tracing.clip("a\udcffb", 10) == "a?b"
