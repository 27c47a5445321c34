"""`llmspell workflow`: workflow files drawn, checked and run."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from llmspell_cli import main
from tests.cli.running import PROGRAM, environment, llmspell
from tests.cli.worlds import make_world, written

FLOW = """
name = "sums"
[params]
plus = 1
[[steps]]
name = "add"
tool = "calculator"
params = {expression = "{{input}} + {{params.plus}}"}
[[steps]]
name = "say"
agent = {model = "test:echo"}
prompt = "It is {{steps.add.output}}"
[[steps]]
name = "both"
[steps.workflow]
name = "inner"
type = "parallel"
[[steps.workflow.steps]]
name = "lua"
spell = "sub.lua"
params = {text = "{{input}}"}
[[steps.workflow.steps]]
name = "javascript"
spell = "sub.js"
params = {text = "{{input}}"}
"""
FAILS = """
name: fails
on_error: compensate
steps:
  - name: one
    tool: calculator
    params: {expression: "1"}
    compensate: {tool: file_write, params: {path: undone.txt, content: "was {{output}}"}}
  - name: two
    tool: calculator
    params: {expression: "one"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flow.toml").write_text(FLOW)
    (tmp_path / "fails.yaml").write_text(FAILS)
    (tmp_path / "sub.lua").write_text("print('a print') return params.text .. '!'")
    (tmp_path / "sub.js").write_text("return params.text + '!'")
    return tmp_path


def test_a_workflow_is_run_like_a_spell(folder: Path) -> None:
    ended = llmspell(folder, "workflow", "run", "flow.toml", "--input", "2", "-p", "plus=5")
    assert ended.code == 0, ended.err
    assert ended.out == 'a print\n{"lua": "2!", "javascript": "2!"}\n'
    assert ended.err == ""
    ended = llmspell(folder, "workflow", "run", "flow.toml", "-i", "-", "-o", "json", stdin="3\n")
    document = json.loads(ended.out)
    assert document["value"]["outputs"]["say"] == "It is 4"
    assert document["value"]["usage"]["requests"] == document["usage"]["requests"] == 1
    assert ended.err == "a print\n"


def test_a_failed_workflow_ends_with_1_and_is_undone(folder: Path) -> None:
    ended = llmspell(folder, "workflow", "run", "fails.yaml", "-o", "json")
    assert ended.code == 1
    error = json.loads(ended.out)["error"]
    assert error["code"] == "workflow_failed"
    assert error["details"]["record"]["steps"]["one"]["status"] == "compensated"
    assert "failed at step 'two'" in ended.err and "  at " not in ended.err
    assert (folder / "undone.txt").read_text() == "was 1"


def test_the_limits_and_grants_of_a_run_hold(folder: Path) -> None:
    refused = llmspell(folder, "workflow", "run", "fails.yaml", "--deny-write", ".", "-o", "json")
    record = json.loads(refused.out)["error"]["details"]["record"]
    assert record["steps"]["one"]["compensation_error"]["code"] == "permission_denied"
    assert not (folder / "undone.txt").exists()
    spent = llmspell(folder, "workflow", "run", "flow.toml", "-i", "1", "--max-requests", "0")
    assert spent.code == 5 and "budget" in spent.err
    # A workflow file is the program: it may be read, and what lies beside it may be run.
    (folder / "elsewhere").mkdir()
    ended = llmspell(
        folder / "elsewhere", *("workflow", "run", "../flow.toml", "-i", "1", "--security", "high")
    )
    assert ended.code == 0, ended.err


def test_a_time_limit_ends_a_workflow(folder: Path) -> None:
    (folder / "long.lua").write_text("Async.sleep(60)")
    (folder / "long.toml").write_text(
        'name = "long"\n[[steps]]\nname = "wait"\nspell = "long.lua"\n'
    )
    ended = llmspell(folder, "workflow", "run", "long.toml", "--timeout", "1s")
    assert ended.code == 124, ended.err


def test_an_interrupt_ends_a_workflow(folder: Path) -> None:
    (folder / "long.lua").write_text("print('begun') Async.sleep(60)")
    (folder / "long.toml").write_text(
        'name = "long"\n[[steps]]\nname = "wait"\nspell = "long.lua"\n'
    )
    process = subprocess.Popen(
        [*PROGRAM, "workflow", "run", "long.toml"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(folder),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130


def test_progress_is_told_at_a_terminal_only(folder: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, "workflow", "run", "flow.toml", "-i", "2"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environment(folder),
    )
    os.close(theirs)
    out, _ = process.communicate(timeout=60)
    told, until = "", time.monotonic() + 10
    while "sums.both: done" not in told and time.monotonic() < until:
        told += os.read(ours, 4096).decode()
    os.close(ours)
    assert out == b'a print\n{"lua": "2!", "javascript": "2!"}\n'
    assert "sums.add: done" in told and "sums/inner.lua: done" in told


def test_a_workflow_is_drawn(folder: Path, tmp_path: Path) -> None:
    world = make_world(tmp_path, "workflow", "show", "../flow.toml")
    assert main.run(world) == 0, written(world)
    assert written(world)[0] == (
        "sums (sequential)\n"
        "├── add (tool calculator)\n"
        "├── say (agent)\n"
        "└── both (parallel, merged by name)\n"
        "    ├── lua (spell sub.lua)\n"
        "    └── javascript (spell sub.js)\n"
    )
    world = make_world(tmp_path, "workflow", "show", "../flow.toml", "--format", "mermaid")
    assert main.run(world) == 0
    assert written(world)[0].startswith("flowchart TD\n") and "subgraph" in written(world)[0]


def test_validate_names_a_file_without_a_line_once(folder: Path, tmp_path: Path) -> None:
    world = make_world(tmp_path, "workflow", "validate", "many.yaml")
    (folder / "work" / "many.yaml").write_text(f"name: many\nsteps: [{'1,' * 30_000}]")
    assert main.run(world) == 1
    assert written(world) == ("many.yaml: not sound\n", "many.yaml: more than 20000 values\n")


def test_validate_names_file_and_line(folder: Path, tmp_path: Path) -> None:
    bad = folder / "work" / "bad.toml"
    world = make_world(tmp_path, "workflow", "validate", "bad.toml", "../flow.toml", "no.yaml")
    bad.write_text(
        'name = "bad"\n\n[[steps]]\nname = "a"\ntool = "calculater"\n'
        '[[steps]]\nname = "a"\nagent = {}\nprompt = "{{stps}}"\n'
    )
    assert main.run(world) == 1
    out, err = written(world)
    assert out == "bad.toml: not sound\n../flow.toml: sound\nno.yaml: not sound\n"
    lines = err.splitlines()
    assert lines[0].startswith("bad.toml:5: steps[1].tool: there is no tool 'calculater'")
    assert lines[1].startswith("bad.toml:7: steps[2].name: step 1 is called 'a' too")
    assert lines[2].startswith("bad.toml:9: steps[2].prompt: there is no 'stps'")
    assert lines[3].startswith("no.yaml: there is no file 'no.yaml'")
    (folder / "work" / "torn.toml").write_text('name = "torn"\n[[steps]\n')
    world = make_world(tmp_path, "workflow", "validate", "torn.toml", "--json")
    assert main.run(world) == 1
    (problem,) = json.loads(written(world)[0])[0]["problems"]
    assert problem["where"] == "torn.toml:2" and problem["message"].startswith("this is not TOML")
    world = make_world(tmp_path, "workflow", "validate", "bad.toml", "--json")
    assert main.run(world) == 1
    report = json.loads(written(world)[0])[0]
    assert (report["ok"], report["problems"][0]["where"]) == (False, "bad.toml:5")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("typo.toml", '# a comment\ntpye = "parallel"\n[[steps]]\nname = "a"\n'),
        ("typo.yaml", "# a comment\ntpye: parallel\nsteps: []\n"),
    ],
)
def test_validate_names_the_line_of_an_option_at_the_top(
    name: str, text: str, folder: Path, tmp_path: Path
) -> None:
    world = make_world(tmp_path, "workflow", "validate", name)
    (folder / "work" / name).write_text(text)
    assert main.run(world) == 1
    assert written(world)[1].startswith(f"{name}:2: 'tpye' is not an option")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "."), "is a folder"),
        (("run", "flow.txt"), "there is no file"),
        (("run", "sub.lua"), "is no workflow file"),
        (("run", "flow.toml", "-p", "plus=x"), "'plus' must be a whole number"),
        (("run", "flow.toml", "-p", "plos=1"), "did you mean 'plus'?"),
        (("run", "fails.yaml", "-p", "plus=1"), "it takes none"),
        (("run", "flow.toml", "--params", "wrong.json"), "sums has no parameter 'minus'"),
        (("run", "flow.toml", "-i", "-", "--params", "-"), "not both"),
        (("show", "nothing.toml"), "did you mean"),
    ],
)
def test_mistakes_are_told_without_a_traceback(
    words: tuple[str, ...], message: str, folder: Path, tmp_path: Path
) -> None:
    (folder / "nothin.toml").write_text("")
    (folder / "wrong.json").write_text('{"minus": 1}')
    ended = llmspell(folder, "workflow", *words)
    assert ended.code in (1, 2) and message in ended.err, ended
    assert "Traceback" not in ended.err


def test_a_run_is_traced(folder: Path, tmp_path: Path) -> None:
    ended = llmspell(folder, "workflow", "run", "flow.toml", "--trace", "spans.json")
    assert ended.code in (0, 1), ended
    drawn = llmspell(folder, "trace", "spans.json")
    assert drawn.code == 0 and "─ workflow " in drawn.out, drawn


INSIDE = """
name: outer
params: {depth: 1}
steps:
  - name: call
    workflow: {name: near, params: {size: 2, given: 3}, steps: [
      {name: sum, tool: calculator, params: {expression: "{{params.size}} + {{params.bare}}"}}]}
    params: {given: 4}
    when: {path: params.go, op: exists}
  - name: file
    workflow: far.yaml
"""
FAR = """
name: far
params: {far: true}
steps: [{name: one, tool: calculator, params: {expression: "1 + {{params.count}}"}}]
"""


def test_a_workflow_takes_the_parameters_that_it_asks_for(folder: Path) -> None:
    (folder / "outer.yaml").write_text(INSIDE)
    (folder / "far.yaml").write_text(FAR)
    flags = ("size=5", "bare=7", "go=x", "count=1", "depth=3", "far=false")
    words = [word for flag in flags for word in ("-p", flag)]
    ended = llmspell(folder, "workflow", "run", "outer.yaml", *words, "-o", "json")
    record = json.loads(ended.out)["value"]
    assert (ended.code, record["outputs"]) == (0, {"call": 12, "file": 2}), ended
    # What a step gives the workflow inside it, the command line cannot.
    ended = llmspell(folder, "workflow", "run", "outer.yaml", "-p", "given=1")
    assert ended.code == 2
    assert "outer has no parameter 'given'" in ended.err
    assert "known are bare, count, depth, far, go, size" in ended.err


def test_a_workflow_that_passes_all_parameters_on_takes_any(folder: Path) -> None:
    (folder / "sub.lua").write_text("return params.all.a .. params.all.b")
    (folder / "all.yaml").write_text(
        'name: all\nsteps: [{name: go, spell: sub.lua, params: {all: "{{params}}"}}]\n'
    )
    (folder / "more.json").write_text('{"b": "y"}')
    words = ("-p", "a=x", "--params", "more.json")
    ended = llmspell(folder, "workflow", "run", "all.yaml", *words)
    assert (ended.code, ended.out) == (0, "xy\n"), ended


def test_the_shell_completes_parameters(folder: Path) -> None:
    for words, expected in (
        ("llmspell workflow run flow.toml -p pl", ["plus="]),
        ("llmspell workflow run nothing.toml -p pl", []),
    ):
        ended = llmspell(
            folder, _LLMSPELL_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD="5"
        )
        assert (ended.out.split(), ended.err) == (expected, "")
