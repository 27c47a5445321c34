"""Metrics: bounds, text for Prometheus, and that nothing can break them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bridges._errors import InvalidArgument, LimitExceeded
from bridges._metrics import registry as metrics
from bridges._metrics.registry import Registry, registry_of
from bridges._session import Session
from engines.languages import LANGUAGES
from tests.casting import cast
from tests.doors import call
from tests.sessions import make_session

LINE = re.compile(
    r"# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .*"
    r"|[a-zA-Z_:][a-zA-Z0-9_:]*"
    r'(\{[a-zA-Z_]\w*="([^"\\\n]|\\.)*"(,[a-zA-Z_]\w*="([^"\\\n]|\\.)*")*\})? -?[0-9.e+-]+'
)


def registry(tmp_path: Path) -> Registry:
    return registry_of(make_session(tmp_path))


def only(session: Session) -> Any:
    (metric,) = call(session, "Metrics.snapshot")
    return metric


def test_new_labels_beyond_the_bound_are_counted_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "MAX_SERIES", 3)
    session = make_session(tmp_path)
    counter = call(session, "Metrics.counter", "a")
    for user in range(10):
        call(session, "Counter:add", counter, 1, {"user": user})
    values = {tuple(s["labels"].items()): s["value"] for s in only(session)["series"]}
    assert values == {
        (("user", "0"),): 1,
        (("user", "1"),): 1,
        (("user", "2"),): 1,
        (("overflow", "true"),): 7,
    }
    (line,) = session.lines  # type: ignore[attr-defined]
    assert line[0] == "warn"
    assert "more than 3 combinations of labels" in line[1]


def test_there_are_only_so_many_metrics(tmp_path: Path) -> None:
    known = registry(tmp_path)
    for i in range(metrics.MAX_METRICS):
        known.metric(f"m{i}", "counter")
    known.metric("m0", "counter")
    with pytest.raises(LimitExceeded, match="more than 200 metrics"):
        known.metric("one_more", "counter")
    known.metric("llmspell.model.requests", "counter")


def test_a_name_that_would_be_exported_like_another_is_refused(tmp_path: Path) -> None:
    known = registry(tmp_path)
    known.metric("a.b", "counter")
    with pytest.raises(InvalidArgument, match=r"too much like 'a\.b'"):
        known.metric("a_b", "gauge")


@pytest.mark.parametrize(
    "labels", [{"a b": 1}, {"": 1}, {f"l{i}": i for i in range(11)}, {"x" * 300: 1}]
)
def test_labels_that_cannot_be_exported_are_refused(labels: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument):
        registry(tmp_path).metric("a", "counter").values(labels)


def test_sums_stay_numbers(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    histogram = call(session, "Metrics.histogram", "a")
    for _ in range(3):
        call(session, "Histogram:record", histogram, 1.7e308)
    assert only(session)["series"][0]["sum"] == metrics.LARGEST


def test_many_values_take_bounded_room(tmp_path: Path) -> None:
    values = registry(tmp_path).metric("a", "histogram").values(None)
    for i in range(20_000):
        values.record(float(i))
    assert len(values.sample) == metrics.SAMPLE
    assert values.count == 20_000
    assert abs(values.percentiles()["p50"] - 10_000) < 2_500


@pytest.mark.parametrize("language", LANGUAGES)
def test_prometheus_can_read_it(language: str, tmp_path: Path) -> None:
    sources = {
        "lua": r"""
Metrics.counter("a.b", {description = "line\nbreak \\ slash"}):add(1.5, {t = "q\"uo\nte\\"})
Metrics.gauge("g"):set(-2)
for i = 1, 3 do Metrics.histogram("h", {unit = "s"}):record(i / 10, {x = true}) end
return Metrics.export("prometheus")""",
        "javascript": r"""
Metrics.counter("a.b", {description: "line\nbreak \\ slash"}).add(1.5, {t: "q\"uo\nte\\"});
Metrics.gauge("g").set(-2);
for (const i of [1, 2, 3]) Metrics.histogram("h", {unit: "s"}).record(i / 10, {x: true});
export default Metrics.export("prometheus")""",
    }
    outcome, _ = cast(language, sources[language], make_session(tmp_path))
    assert outcome.error is None, outcome.error
    lines = outcome.value.splitlines()
    assert lines == [
        r"# HELP a_b_total line\nbreak \\ slash",
        "# TYPE a_b_total counter",
        r'a_b_total{t="q\"uo\nte\\"} 1.5',
        "# TYPE g gauge",
        "g -2",
        "# HELP h (s)",
        "# TYPE h summary",
        'h{x="true",quantile="0.5"} 0.2',
        'h{x="true",quantile="0.9"} 0.3',
        'h{x="true",quantile="0.95"} 0.3',
        'h{x="true",quantile="0.99"} 0.3',
        'h_sum{x="true"} 0.6000000000000001',
        'h_count{x="true"} 3',
    ]
    assert all(LINE.fullmatch(line) for line in lines)


def test_a_spell_that_a_spell_runs_measures_into_the_same(tmp_path: Path) -> None:
    outer = make_session(tmp_path)
    inner = make_session(tmp_path, caller=outer)
    call(inner, "Counter:add", call(inner, "Metrics.counter", "a"), 1)
    call(outer, "Counter:add", call(outer, "Metrics.counter", "a"), 1)
    assert only(outer)["series"] == [{"labels": {}, "value": 2}]


BUILT_IN = {
    "lua": """
local agent = Agent.new({ name = "a", model = "test:echo" })
agent:run("before")
Metrics.snapshot()
agent:run("after")
pcall(Tool.call, "file_read", { path = "absent" })
return Metrics.snapshot()
""",
    "javascript": """
const agent = Agent.new({name: "a", model: "test:echo"});
await agent.run("before");
Metrics.snapshot();
await agent.run("after");
try { await Tool.call("file_read", {path: "absent"}) } catch {}
export default Metrics.snapshot();
""",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_models_tools_and_agents_are_measured(language: str, tmp_path: Path) -> None:
    outcome, _ = cast(language, BUILT_IN[language], make_session(tmp_path))
    assert outcome.error is None, outcome.error
    found = {metric["name"]: metric["series"] for metric in outcome.value}
    assert found["llmspell.model.requests"] == [
        {"labels": {"model": "test:echo", "status": "ok"}, "value": 2}
    ]
    assert found["llmspell.agent.runs"][0]["value"] == 2
    assert found["llmspell.tool.calls"] == [
        {"labels": {"tool": "file_read", "status": "error"}, "value": 1}
    ]
    assert found["llmspell.model.duration"][0]["count"] == 2
    tokens = {
        series["labels"]["type"]: series["value"] for series in found["llmspell.model.tokens"]
    }
    assert tokens["input"] > 0
    assert tokens["output"] > 0


def test_nobody_listens_until_the_noun_is_touched(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    call(session, "Tool.list")
    assert session.bus is None or not session.bus.listeners()


def test_built_in_names_are_taken(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="are built in"):
        call(make_session(tmp_path), "Metrics.gauge", "llmspell.model.requests")
