"""Spans: parents under interleaving, errors, bounds, trace ids from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridges import _tracing
from bridges._session import Session
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


def test_nothing_is_traced_until_the_noun_is_touched(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    run(session, "lua", 'return File.exists("x")')
    assert session.tracing is None
