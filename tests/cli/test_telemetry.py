"""Spans and metrics on their way to a collector: what is sent, and that it never holds a run."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality

from bridges._errors import ConfigError
from bridges._metrics.registry import Registry
from llmspell_cli import config
from llmspell_cli.tracing import collector as sending
from llmspell_cli.tracing.collector import ATTEMPTS, Collector, Target
from llmspell_cli.tracing.follow import LONGEST, request_seconds
from tests.cli.collectors import Received, collector
from tests.cli.running import Ended, llmspell
from tests.cli.worlds import make_world
from tests.sessions import make_session

CUMULATIVE = "AGGREGATION_TEMPORALITY_CUMULATIVE"

SPELL = """
local tool = Tool.new{ name = "twice", description = "x", parameters = { n = "integer" },
  run = function(given) return given.n * 2 end }
Trace.span("work", function()
  Trace.set_attributes({ name = "a", count = 3, ok = true, parts = { "x", "y" } })
  Trace.add_event("found", { files = 2 })
  tool:call({ n = 4 })
  LLM.complete("the secret prompt", { model = "test:echo" })
end)
pcall(Trace.span, "broken", function() error("oh no") end)
"""


def run(folder: Path, *flags: str, source: str = SPELL, **env: Any) -> Ended:
    """Runs a spell, which waits for the collector however busy the machine is."""
    (folder / "s.lua").write_text(source)
    return llmspell(folder, "run", "s.lua", *flags, **{"OTEL_EXPORTER_OTLP_TIMEOUT": "30", **env})


def values(span: Any) -> dict[str, Any]:
    found = {}
    for entry in span.attributes:
        kind = entry.value.WhichOneof("value")
        value = getattr(entry.value, kind)
        found[entry.key] = (
            [v.string_value for v in value.values] if kind == "array_value" else value
        )
    return found


def test_spans_reach_a_collector(tmp_path: Path) -> None:
    with collector() as received:
        ended = run(tmp_path, LLMSPELL_TELEMETRY__ENDPOINT=received.url)
    assert (ended.code, ended.err) == (0, "")
    assert set(received.paths) == {"/v1/traces"}
    assert received.resource()["service.name"] == "llmspell"
    spans = {span.name: span for span in received.spans()}
    assert set(spans) == {"run s", "work", "execute_tool twice", "chat test:echo", "broken"}
    root, work = spans["run s"], spans["work"]
    assert root.parent_span_id == b""
    assert work.parent_span_id == spans["broken"].parent_span_id == root.span_id
    assert spans["chat test:echo"].parent_span_id == work.span_id
    assert spans["execute_tool twice"].parent_span_id == work.span_id
    assert len({span.trace_id for span in spans.values()}) == 1
    assert root.start_time_unix_nano <= work.start_time_unix_nano
    assert work.end_time_unix_nano <= root.end_time_unix_nano
    told = values(work)
    assert {key: told[key] for key in ("name", "count", "ok", "parts")} == {
        "name": "a",
        "count": 3,
        "ok": True,
        "parts": ["x", "y"],
    }
    assert [event.name for event in work.events] == ["found"]
    assert spans["broken"].status.message.startswith("spell_error: ")
    chat = spans["chat test:echo"]
    assert chat.kind == chat.SPAN_KIND_CLIENT
    assert values(chat)["gen_ai.request.model"] == "echo"
    assert values(root)["llmspell.usage.requests"] == 1
    assert "secret prompt" not in str(received.requests)


MEASURED = """
local words = Metrics.counter("app.words", { unit = "1", description = "Words read" })
words:add(2, { lang = "no" })
words:add(3, { lang = "en" })
Metrics.gauge("app.open"):set(-4)
for _, value in ipairs({ 0.002, 0.5, 0.4, 7000000 }) do
  Metrics.histogram("app.size"):record(value)
end
Metrics.histogram("app.never", { description = "No value" })
LLM.complete("hi", { model = "test:echo" })
"""


def points(metric: Any) -> dict[str, Any]:
    """Returns the points of a metric by the values of their labels."""
    return {
        " ".join(entry.value.string_value for entry in point.attributes): point
        for point in getattr(metric, metric.WhichOneof("data")).data_points
    }


def test_metrics_reach_a_collector(tmp_path: Path) -> None:
    with collector() as received:
        ended = run(tmp_path, source=MEASURED, LLMSPELL_TELEMETRY__ENDPOINT=received.url)
    assert (ended.code, ended.err) == (0, "")
    found = received.metrics()
    assert "app.never" not in found
    words = found["app.words"]
    assert (words.unit, words.description, words.sum.is_monotonic) == ("1", "Words read", True)
    assert words.sum.aggregation_temporality == AggregationTemporality.Value(CUMULATIVE)
    assert {key: point.as_double for key, point in points(words).items()} == {"no": 2, "en": 3}
    assert points(found["app.open"])[""].as_double == -4
    size = points(found["app.size"])[""]
    assert (size.count, size.sum, size.min, size.max) == (4, 7000000.902, 0.002, 7000000)
    bounds = [0.0, *size.explicit_bounds, float("inf")]
    full = {bounds[i + 1]: count for i, count in enumerate(size.bucket_counts) if count}
    assert full == {0.002: 1, 0.5: 2, float("inf"): 1}
    assert points(found["llmspell.model.requests"])["test:echo ok"].as_double == 1
    assert points(found["llmspell.model.duration"])["test:echo"].count == 1
    assert points(found["llmspell.model.tokens"])["test:echo output"].as_double > 0
    assert 0 < size.start_time_unix_nano <= size.time_unix_nano


def test_metrics_are_told_of_every_run_and_can_be_switched_off(tmp_path: Path) -> None:
    with collector() as received:
        env = {"LLMSPELL_TELEMETRY__ENDPOINT": received.url, "LLMSPELL_TELEMETRY__SAMPLE": "0"}
        assert run(tmp_path, source=MEASURED, **env).code == 0
        assert (len(received.requests), len(received.numbers)) == (0, 1)
        del env["LLMSPELL_TELEMETRY__SAMPLE"]
        env["LLMSPELL_TELEMETRY__METRICS"] = "false"
        assert run(tmp_path, source=MEASURED, **env).code == 0
        assert received.requests and len(received.numbers) == 1


def test_a_run_that_measures_nothing_tells_no_metrics(tmp_path: Path) -> None:
    with collector() as received:
        assert run(tmp_path, source="return 1", LLMSPELL_TELEMETRY__ENDPOINT=received.url).code == 0
    assert received.requests and not received.numbers


def test_the_variables_of_opentelemetry_count_for_metrics(tmp_path: Path) -> None:
    with collector() as received:
        env = {
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{received.url}/own/v1/metrics",
            "OTEL_EXPORTER_OTLP_HEADERS": "x-key=one",
            "OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=mine",
        }
        assert run(tmp_path, source=MEASURED, **env).code == 0
        assert not received.requests
        assert received.number_headers[0]["x-key"] == "one"
        resource = received.numbers[0].resource_metrics[0].resource
        told = {entry.key: entry.value.string_value for entry in resource.attributes}
        assert (told["service.instance.id"], told["service.name"]) == ("mine", "llmspell")
        assert run(tmp_path, source=MEASURED, **env, OTEL_METRICS_EXPORTER="none").code == 0
        assert len(received.numbers) == 1


def test_a_collector_that_takes_no_metrics_costs_nothing(tmp_path: Path) -> None:
    with collector() as received:
        received.number_status = 404
        env = {"LLMSPELL_TELEMETRY__ENDPOINT": received.url + "/v1/traces"}
        ended = run(tmp_path, source=MEASURED, **env)
        assert (ended.code, ended.err) == (0, "")
        ended = run(tmp_path, "--log-level", "info", source=MEASURED, **env)
        assert "telemetry.metrics = false" in ended.err
        env = {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{received.url}/v1/metrics"}
        ended = run(tmp_path, source=MEASURED, **env)
        (line,) = ended.err.splitlines()
    assert line.startswith("warn: the metrics did not reach the collector at http://127.0.0.1:")


def test_metrics_that_nobody_answers_are_given_up(tmp_path: Path) -> None:
    registry: Registry = make_session(tmp_path).shared(Registry)
    registry.metric("app.words", "counter").values(None).add(1)
    with collector() as received:
        received.hangs.clear()
        target = Target(None, timeout=30, metrics=received.url + "/v1/metrics")
        sender = Collector(target, registry)
        began = time.monotonic()
        assert sender.close(0.3) == (0, 0)
        assert time.monotonic() - began < 25
        assert sender.has_lost_metrics
        received.hangs.set()
        sender._thread.join(30)
    assert not sender.has_lost_metrics


def test_metrics_are_told_while_a_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "NUMBERS_EVERY", 0.05)
    registry: Registry = make_session(tmp_path).shared(Registry)
    registry.metric("app.words", "counter").values(None).add(1)
    with collector() as received:
        sender = Collector(Target(None, timeout=30, metrics=received.url + "/v1/metrics"), registry)
        last = time.monotonic() + 60
        while len(received.numbers) < 2 and time.monotonic() < last:
            time.sleep(0.01)
        sender.close(30)
        assert len(received.numbers) >= 3


def test_prompts_are_told_only_where_it_is_asked_for(tmp_path: Path) -> None:
    env = {"LLMSPELL_TELEMETRY__CONTENT": "true", "LLMSPELL_TELEMETRY__SERVICE_NAME": "lab"}
    with collector() as received:
        assert run(tmp_path, LLMSPELL_TELEMETRY__ENDPOINT=received.url, **env).code == 0
    assert "secret prompt" in str(received.requests)
    assert received.resource()["service.name"] == "lab"


def test_the_variables_of_opentelemetry_count(tmp_path: Path) -> None:
    with collector() as received:
        env = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": received.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-key=one",
            "OTEL_SERVICE_NAME": "mine",
            "OTEL_RESOURCE_ATTRIBUTES": "team=lab",
            "TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        }
        assert run(tmp_path, **env).code == 0
        assert received.headers[0]["x-key"] == "one"
        assert received.resource()["service.name"] == "mine"
        assert received.resource()["team"] == "lab"
        root = next(span for span in received.spans() if span.name == "run s")
        assert root.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
        assert root.parent_span_id.hex() == "b7ad6b7169203331"
        count = len(received.requests)
        for off in (
            {"OTEL_SDK_DISABLED": "true"},
            {"OTEL_TRACES_EXPORTER": "none"},
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            {"TRACEPARENT": env["TRACEPARENT"][:-1] + "0"},
            {"LLMSPELL_TELEMETRY__SAMPLE": "0", "TRACEPARENT": ""},
        ):
            assert run(tmp_path, **{**env, **off}).code == 0
        assert len(received.requests) == count


def test_headers_come_from_the_named_variable(tmp_path: Path) -> None:
    env = {"LLMSPELL_TELEMETRY__HEADERS_ENV": "COLLECTOR_KEY"}
    with collector() as received:
        env["LLMSPELL_TELEMETRY__ENDPOINT"] = received.url
        assert run(tmp_path, COLLECTOR_KEY="Authorization=Bearer k", **env).code == 0
        assert received.headers[0]["authorization"] == "Bearer k"
        ended = run(tmp_path, **env)
    assert ended.code == 2
    assert "COLLECTOR_KEY" in ended.err


@contextmanager
def dead_port() -> Iterator[int]:
    """A port that nobody listens at, and nobody else gets."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        yield found.getsockname()[1]


def test_a_dead_collector_costs_one_line(tmp_path: Path) -> None:
    with dead_port() as port:
        url = f"http://user:password@127.0.0.1:{port}"
        quick = {"OTEL_EXPORTER_OTLP_TIMEOUT": ""}
        ended = run(tmp_path, LLMSPELL_TELEMETRY__ENDPOINT=url, **quick)
    assert ended.code == 0
    (line,) = ended.err.splitlines()
    assert line.startswith("warn: 5 of 5 spans did not reach the collector at http://127.0.0.1:")
    assert line.endswith(", nor did the metrics")
    assert "password" not in ended.err


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("", ATTEMPTS), ("7.5", 7.5), ("9000", LONGEST), ("soon", None), ("0", None), ("nan", None)],
)
def test_how_long_a_request_may_take(said: str, seconds: float | None, tmp_path: Path) -> None:
    world = make_world(tmp_path, OTEL_EXPORTER_OTLP_TIMEOUT=said)
    assert request_seconds(world.environ) == seconds


def test_a_refusing_collector_costs_one_line(tmp_path: Path) -> None:
    with collector() as received:
        received.status = 400
        ended = run(tmp_path, LLMSPELL_TELEMETRY__ENDPOINT=received.url)
    assert ended.code == 0
    assert len(ended.err.splitlines()) == 1


def test_a_collector_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with collector() as received:
        received.hangs.clear()
        sender = Collector(Target(received.url + "/v1/traces", timeout=30))
        tracing = _one_span()
        sender.tell(tracing)
        began = time.monotonic()
        assert sender.close(0.3) == (1, 0)
        assert time.monotonic() - began < 25
        received.hangs.set()
        sender._thread.join(30)


def _one_span() -> Any:
    from bridges._tracing import Tracing

    tracing = Tracing("s")
    tracing.end()
    return tracing.root


def test_what_finds_no_room_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MOST_WAITING", 3)
    monkeypatch.setattr(Collector, "_work", lambda _self: None)
    sender = Collector(Target("http://127.0.0.1:1/v1/traces"))
    for _ in range(5):
        sender.tell(_one_span())
    assert sender.close(0.1) == (5, 0)


def test_without_the_extra_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError) as caught:
        Collector(Target("http://127.0.0.1:4318/v1/traces"))
    assert "llmspell[opentelemetry]" in caught.value.hint


@pytest.mark.parametrize("url", ["localhost:4318", "ftp://x", "http://", "http://h:99999"])
def test_an_address_that_is_none(url: str, tmp_path: Path) -> None:
    ended = run(tmp_path, LLMSPELL_TELEMETRY__ENDPOINT=url)
    assert ended.code == 2
    assert "telemetry.endpoint is no address" in ended.err


def test_an_untrusted_folder_names_no_collector(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    (world.cwd / "llmspell.toml").write_text(
        """
        [telemetry]
        endpoint = "http://203.0.113.9:4318"
        headers_env = "HOME"
        service_name = "x"
        content = true
        sample = 0.5
        """
    )
    found = config.load(world)
    assert found.telemetry == config.Telemetry(sample=0.5)
    assert "telemetry.endpoint" in found.warnings[0]
    assert "telemetry.content" in found.warnings[0]


def test_an_untrusted_folder_redirects_nothing(tmp_path: Path) -> None:
    with collector() as mine, collector() as theirs:
        (tmp_path / "llmspell.toml").write_text(f'[telemetry]\nendpoint = "{theirs.url}"\n')
        ended = run(tmp_path, LLMSPELL_TELEMETRY__ENDPOINT=mine.url)
        assert ended.code == 0
        assert mine.requests
        assert run(tmp_path).code == 0
    assert _nothing(theirs)


def test_a_spell_cannot_name_a_collector(tmp_path: Path) -> None:
    with collector() as received:
        source = f'--[[ llmspell\n[telemetry]\nendpoint = "{received.url}"\n]]\n' + SPELL
        run(tmp_path, source=source)
    assert _nothing(received)


def _nothing(received: Received) -> bool:
    return not received.requests
