"""REPL inputs, turns of a chat and debugged runs as traces: written, and sent to a collector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridges._tracing import Span, Tracing
from llmspell_cli.tracing import otlp
from tests.cli.collectors import collector
from tests.cli.running import Ended, llmspell

INPUTS = """
x = LLM.complete("hi", { model = "test:echo" }).text
error("no")
Trace.span("own", function() return x end)
"""
SPELL = 'LLM.complete("hi", { model = "test:echo" }) error("no")'
SESSIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "repl": (("repl",), INPUTS),
    "chat": (("chat", "--model", "test:echo"), "hello"),
    "debug": (("debug", "s.lua"), "continue\ncontinue\n"),
}


def follow(tmp_path: Path, command: str, *flags: str, **env: Any) -> Ended:
    (tmp_path / "s.lua").write_text(SPELL)
    words, stdin = SESSIONS[command]
    return llmspell(tmp_path, *words, *flags, stdin=stdin, **env)


def traced(tmp_path: Path, command: str, *flags: str) -> list[Span]:
    ended = follow(tmp_path, command, "--trace", "t.json", *flags)
    assert "trace: " in ended.err, ended
    return otlp.read(tmp_path / "t.json")


def test_every_input_of_a_repl_is_a_trace(tmp_path: Path) -> None:
    spans = traced(tmp_path, "repl")
    roots = [span for span in spans if span.kind == "run"]
    assert [root.name for root in roots] == ["repl input"] * 3
    assert [root.error for root in roots] == ["", "spell_error: no", ""]
    assert len({root.trace_id for root in roots}) == 3
    inner = {span.name: span.parent_id for span in spans if span.kind != "run"}
    assert inner == {"chat test:echo": roots[0].span_id, "own": roots[2].span_id}
    assert [root.attributes["llmspell.usage.requests"] for root in roots] == ["1", "0", "0"]
    assert roots[2].attributes["llmspell.input.number"] == "3"


def test_every_turn_of_a_chat_is_a_trace(tmp_path: Path) -> None:
    spans = traced(tmp_path, "chat", "--session", "trip")
    (root,) = [span for span in spans if span.kind == "run"]
    assert (root.name, root.error) == ("chat turn", "")
    assert root.attributes["gen_ai.conversation.id"] == "trip"
    assert [span.name for span in spans] == ["chat test:echo", "invoke_agent chat", "chat turn"]
    (root,) = traced(tmp_path, "chat", "--max-requests", "0")[-1:]
    assert root.error.startswith("budget_exceeded: ")


def test_a_debugged_run_is_a_trace(tmp_path: Path) -> None:
    chat, root = traced(tmp_path, "debug")
    assert (chat.parent_id, chat.trace_id) == (root.span_id, root.trace_id)
    assert (root.name, root.error) == ("run s", "exit code 1")
    assert root.attributes["llmspell.exit_code"] == "1"


@pytest.mark.parametrize("command", SESSIONS)
def test_they_reach_a_collector(command: str, tmp_path: Path) -> None:
    with collector() as received:
        env = {"LLMSPELL_TELEMETRY__ENDPOINT": received.url, "OTEL_EXPORTER_OTLP_TIMEOUT": "30"}
        ended = follow(tmp_path, command, **env)
    assert "collector" not in ended.err
    spans = received.spans()
    root = next(span for span in reversed(spans) if span.name != "chat test:echo")
    assert "chat test:echo" in [span.name for span in spans]
    assert root.parent_span_id == b""
    assert "llmspell.model.requests" in received.metrics()


@pytest.mark.parametrize("command", SESSIONS)
def test_a_file_that_cannot_be_written_ends_them_before_they_begin(
    command: str, tmp_path: Path
) -> None:
    ended = follow(tmp_path, command, "--trace", "no/t.json")
    assert ended.code == 2
    assert "the trace cannot be written" in ended.err and "Traceback" not in ended.err


def test_what_both_engines_of_a_repl_measure_is_counted_together(tmp_path: Path) -> None:
    inputs = """
Metrics.counter("app.words"):add(1)
.engine javascript
Metrics.counter("app.words").add(2)
"""
    with collector() as received:
        env: dict[str, Any] = {"LLMSPELL_TELEMETRY__ENDPOINT": received.url}
        env["OTEL_EXPORTER_OTLP_TIMEOUT"] = "30"
        ended = llmspell(tmp_path, "repl", stdin=inputs, **env)
    assert ended.code == 0, ended
    (point,) = received.metrics()["app.words"].sum.data_points
    assert point.as_double == 3


def test_inputs_belong_to_the_trace_of_the_program_above() -> None:
    above = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    tracing = Tracing("repl", above)
    first = tracing.root
    tracing.renew("repl input")
    assert tracing.sampled is False
    assert tracing.root.span_id != first.span_id
    assert {tracing.root.trace_id, first.trace_id} == {"0af7651916cd43dd8448eb211c80319c"}
    assert tracing.root.parent_id == "b7ad6b7169203331"


def test_what_an_untrusted_folder_may_not_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "llmspell.toml").write_text('[telemetry]\nendpoint = "http://127.0.0.1:1"\n')
    for command in SESSIONS:
        assert follow(tmp_path, command).err.count("is not trusted") == 1
