"""`run --trace FILE` and `llmspell trace FILE`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bridges._tracing import Tracing
from llmspell_cli.tracing import otlp, tree
from tests.cli.running import llmspell

SPELLS = {
    "lua": """
Trace.span("outer", function()
  Async.all({
    function() Trace.span("one", function() Spell.run("inner.js") end) end,
    function() Trace.span("two", function() error("oh no") end) end,
  })
end)
""",
    "js": """
await Trace.span("outer", () => Promise.all([
  Trace.span("one", () => Spell.run("inner.js")),
  Trace.span("two", () => { throw new Error("oh no") }),
]));
""",
}
INNER = 'await Trace.span("in the other", () => LLM.complete("x", {model: "test:echo"}));'


@pytest.mark.parametrize("suffix", SPELLS)
def test_a_trace_is_written_and_shown(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"s.{suffix}").write_text(SPELLS[suffix])
    (tmp_path / "inner.js").write_text(INNER)
    ended = llmspell(tmp_path, "run", f"s.{suffix}", "--trace", "t.json")
    assert ended.code == 1
    assert "show it with 'llmspell trace" in ended.err
    document = json.loads((tmp_path / "t.json").read_text())
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert {span["traceId"] for span in spans} == {spans[0]["traceId"]}
    assert all(re.fullmatch("[0-9a-f]{16}", span["spanId"]) for span in spans)
    shown = llmspell(tmp_path, "trace", "t.json")
    assert shown.code == 0
    drawn = [line[21:] for line in shown.out.splitlines()[1:]]
    assert drawn[0] == "run s  (failed: exit code 1)"
    assert drawn[1].startswith("└─ outer  (failed: spell_error: ")
    assert drawn[2] == "   ├─ one" or drawn[2].startswith("   ├─ one  (failed: cancelled")
    assert any(line.startswith("   └─ two  (failed: spell_error: ") for line in drawn)


def test_a_spell_inside_of_a_spell_is_in_the_tree(tmp_path: Path) -> None:
    (tmp_path / "s.lua").write_text('Trace.span("one", function() Spell.run("inner.js") end)')
    (tmp_path / "inner.js").write_text(INNER)
    assert llmspell(tmp_path, "run", "s.lua", "--trace", "t.json", "--quiet").err == ""
    drawn = [line[21:] for line in llmspell(tmp_path, "trace", "t.json").out.splitlines()[1:]]
    assert [re.sub(r"  \(.*", "", line) for line in drawn] == [
        "run s",
        "└─ one",
        "   └─ spell inner.js",
        "      └─ in the other",
        "         └─ chat test:echo",
    ]


def test_a_trace_overwrites_no_spell(tmp_path: Path) -> None:
    (tmp_path / "s.lua").write_text("return 1")
    ended = llmspell(tmp_path, "run", "s.lua", "--trace", "s.lua")
    assert ended.code == 2
    assert (tmp_path / "s.lua").read_text() == "return 1"


def test_a_trace_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "s.lua").write_text("return 1")
    ended = llmspell(tmp_path, "run", "s.lua", "--trace", "absent/t.json")
    assert ended.code == 2
    assert "cannot be written" in ended.err


def test_other_output_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "s.lua").write_text('print("a") return 1')
    ended = llmspell(tmp_path, "run", "s.lua", "--trace", "t.json", "--output", "jsonl")
    events = [json.loads(line)["event"] for line in ended.out.splitlines()]
    assert events == ["start", "print", "result"]


@pytest.mark.parametrize(
    "text", ["hello", "[1]", '{"resourceSpans": [1]}', '{"resourceSpans": {}}{', "[" * 100_000]
)
def test_a_file_that_is_no_trace(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(text)
    ended = llmspell(tmp_path, "trace", "t.json")
    assert ended.code == 2
    assert "is not a trace" in ended.err
    assert ended.out == ""
    assert llmspell(tmp_path, "trace", "absent.json").code == 2


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    tracing = Tracing("s")
    file = otlp.TraceFile(tmp_path / "t.json", "llmspell")
    tracing.listeners.append(file.tell)
    for i in range(otlp.BATCH + 5):
        with tracing.span(f"s{i}", "span", "s", {"i": i, "list": ["a"], "ok": True}):
            pass
    tracing.end("why")
    file.close()
    assert len((tmp_path / "t.json").read_text().splitlines()) == 2
    spans = otlp.read(tmp_path / "t.json")
    assert [span.name for span in spans][-2:] == [f"s{otlp.BATCH + 4}", "run s"]
    assert spans[-1].error == "why"
    assert spans[0].attributes["i"] == "0"


def test_a_tree_shows_no_control_characters_and_has_an_end() -> None:
    tracing = Tracing("s")
    spans = []
    for _ in range(300):
        spans.append(tracing.begin("a\x1b[31m\nb", "span", "s"))
    for span in reversed(spans):
        tracing.finish(span)
    drawn = list(tree.lines(spans))
    assert len(drawn) == tree.MOST_DEPTH + 1
    assert not any("\x1b" in line or "\n" in line for line in drawn)
