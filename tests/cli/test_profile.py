"""`run --profile`: where the time goes, as a table and as a flame graph."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bridges._errors import InvalidArgument
from bridges._timings import OTHERS, Timings
from engines import _profile, _profiled
from llmspell_cli.profile._rows import Section
from llmspell_cli.profile._table import show
from tests.cli.running import Ended, llmspell
from tests.cli.test_imports import imported
from tests.cli.worlds import make_world

SCHEMA = json.loads(
    (Path(__file__).parent / "speedscope/file-format-schema.json").read_text(encoding="utf-8")
)
"""From the npm package speedscope 1.25.0, MIT licence beside it."""

SPELLS = {
    "s.lua": """
        local function spin(n) local x = 0 for i = 1, n do x = x + i % 7 end return x end
        local function outer() for _ = 1, 8 do spin(1000000) end end
        outer()
        local function nap() Async.sleep(0.5) end
        nap()
        local function look() for _ = 1, 300 do File.exists('x') end end
        look()
        local t = Tool.new{name = 'twice', description = 'x', parameters = {n = 'integer'},
          run = function(given) spin(2000000) return 2 * given.n end}
        local agent = Agent.new{name = 'a', model = 'test:echo', tools = {t}}
        local function ask() return agent:run('hello').text end
        return ask() .. t:call{n = 4}
    """,
    "s.js": """
        function spin(n) { let x = 0; for (let i = 0; i < n; i++) x += i % 7; return x; }
        function outer() { for (let i = 0; i < 8; i++) spin(300000); }
        outer();
        const nap = async () => { await Async.sleep(0.5); };
        await nap();
        const look = () => { for (let i = 0; i < 300; i++) File.exists('x'); };
        look();
        const t = new Tool({name: 'twice', description: 'x', parameters: {n: 'integer'},
          run: (given) => { spin(600000); return 2 * given.n; }});
        const agent = new Agent({name: 'a', model: 'test:echo', tools: [t]});
        const ask = async () => (await agent.run('hello')).text;
        (await ask()) + (await t.call({n: 4}))
    """,
}
TIME = r"(\d+(?:\.\d+)?) (us|ms|s)"
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def profiled(folder: Path, name: str, code: str, *more: str) -> tuple[Ended, dict[str, Any]]:
    """Runs a spell under the profiler; returns how it ended and the flame graph."""
    (folder / name).write_text(code)
    ended = llmspell(folder, "run", name, "--profile", *more)
    file = folder / f"{Path(name).stem}.speedscope.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.validate(found, SCHEMA)
    return ended, found


def stacks(found: dict[str, Any], number: int = 0) -> dict[tuple[str, ...], float]:
    """Returns the seconds of each stack of names."""
    names = [frame["name"] for frame in found["shared"]["frames"]]
    profile = found["profiles"][number]
    total: dict[tuple[str, ...], float] = {}
    for sample, weight in zip(profile["samples"], profile["weights"], strict=True):
        key = tuple(names[i] for i in sample)
        total[key] = total.get(key, 0.0) + weight
    return total


def under(found: dict[tuple[str, ...], float], *names: str) -> float:
    """Returns the seconds of the stacks that end in these names."""
    return sum(seconds for key, seconds in found.items() if key[-len(names) :] == names)


def seconds_in(text: str, pattern: str) -> float:
    """Returns the first time that follows a pattern."""
    match = re.search(pattern + TIME, text)
    assert match, text
    return float(match[1]) * UNITS[match[2]]


@pytest.mark.parametrize("name", SPELLS)
def test_every_moment_has_its_place(name: str, tmp_path: Path) -> None:
    ended, graph = profiled(tmp_path, name, SPELLS[name])
    assert (ended.code, ended.out) == (0, "hello8\n"), ended.err
    found = stacks(graph)
    whole = sum(found.values())
    took = seconds_in(ended.err, "profile: s took ")
    # What is missing is the engine's start, which takes its time on a busy machine.
    assert 0.5 < whole < 1.05 * took
    assert graph["profiles"][0]["endValue"] == pytest.approx(whole)
    assert under(found, "nap", "sleep (host)") > 0.45
    assert under(found, "outer", "spin") > 0.02
    assert under(found, "look", "File.exists (host)") > 0.005
    assert under(found, "ask", "Agent.run (host)") > 0
    # A tool's handler is a task of its own; its caller waits meanwhile.
    assert any(key[-1] == "spin" and "outer" not in key for key in found)


@pytest.mark.parametrize("name", SPELLS)
def test_the_table_counts_calls_models_and_tools(name: str, tmp_path: Path) -> None:
    ended, _ = profiled(tmp_path, name, SPELLS[name])
    rows = {}
    for line in ended.err.splitlines():
        if match := re.match(r"  (\S.*?)  +(\d+)  +(\S+ \w+)  +(\S+ \w+)  +(\S+ \w+)$", line):
            rows[match[1]] = match
    for what, count in {"File.exists": 300, "Agent.run": 1, "test:echo": 1, "twice": 1}.items():
        assert int(rows[what][2]) == count
    total, mean, longest = (seconds_in(rows["File.exists"][number], "") for number in (3, 4, 5))
    assert mean == pytest.approx(total / 300, rel=0.1)
    assert mean <= longest <= total
    spin = r"  spin \(s\.lua:2\) +" if name == "s.lua" else r"  spin \(s\.js\) +"
    assert seconds_in(ended.err, spin) > 0.02
    assert ended.err.splitlines()[-1].startswith("flame graph: ")


def test_a_stack_goes_through_coroutines(tmp_path: Path) -> None:
    code = """
        local function spin() local x = 0 for i = 1, 3000000 do x = x + i end end
        local step = coroutine.wrap(function() while true do spin() coroutine.yield() end end)
        local function drive() for _ = 1, 3 do step() end end
        drive()
    """
    _, graph = profiled(tmp_path, "s.lua", code)
    assert under(stacks(graph), "main chunk", "drive", "function at line 3", "spin") > 0.02


@pytest.mark.parametrize(
    "name,code,least",
    [
        ("s.lua", "local function f(n) if n == 0 then for _ = 1, 9000000 do end return 0 end "
         "return 1 + f(n - 1) end return f(150)", 64),
        # The engine itself tells no more of a stack.
        ("s.js", "function f(n) { if (n) return 1 + f(n - 1); let x = 0;"
         "for (let i = 0; i < 3000000; i++) x += i; return x; } f(150)", 20),
    ],
)  # fmt: skip
def test_deep_stacks_are_cut(name: str, code: str, least: int, tmp_path: Path) -> None:
    _, graph = profiled(tmp_path, name, code)
    samples = graph["profiles"][0]["samples"]
    assert least <= max(map(len, samples)) <= 65


@pytest.mark.parametrize(
    "name,code,exit_code,flags",
    [
        ("s.lua", "local function f() Async.sleep(0.2) end f() error('thrown')", 1, ()),
        ("s.js", "const f = async () => Async.sleep(0.2); await f(); throw Error('thrown')", 1, ()),
        ("s.lua", "local function f() Async.sleep(0.2) end f() exit(7)", 7, ()),
        ("s.js", "const f = async () => Async.sleep(0.2); await f(); exit(7)", 7, ()),
        ("s.lua", "local function f() while true do end end f()", 124, ("--timeout", "3s")),
        ("s.js", "function f() { for (;;); } f()", 124, ("--timeout", "3s")),
        ("s.lua", "local function f() Async.sleep(60) end f()", 124, ("--timeout", "3s")),
        ("s.js", "const f = async () => Async.sleep(60); await f()", 124, ("--timeout", "3s")),
    ],
)
def test_a_run_that_fails_is_told_of_as_well(
    name: str, code: str, exit_code: int, flags: tuple[str, ...], tmp_path: Path
) -> None:
    ended, graph = profiled(tmp_path, name, code, *flags)
    assert ended.code == exit_code, ended.err
    assert sum(s for key, s in stacks(graph).items() if "f" in key) > 0.15, stacks(graph)


def test_an_engine_that_had_to_be_killed_tells_nothing(tmp_path: Path) -> None:
    code = "return string.find(('a'):rep(3000), ('.-'):rep(9) .. 'b')"
    (tmp_path / "s.lua").write_text(code)
    ended = llmspell(tmp_path, "run", "s.lua", "--profile", "--timeout", "1s")
    assert ended.code == 124
    assert "its engine had to be killed and told nothing of the script" in ended.err


def test_a_spell_in_a_spell_is_a_profile_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "inner.js").write_text(SPELLS["s.js"])
    ended, graph = profiled(
        tmp_path,
        "s.lua",
        "local function call() return (Spell.run('inner.js')) end return (call())",
    )
    assert ended.out == "hello8\n"
    assert [profile["name"] for profile in graph["profiles"]] == ["s", "inner"]
    outer, inner = stacks(graph), stacks(graph, 1)
    assert under(outer, "call", "Spell.run (host)") >= 0.9 * sum(inner.values())
    assert under(inner, "nap", "sleep (host)") > 0.45
    assert re.search(r"^  File\.exists +300 ", ended.err, re.M)


def test_the_file_is_where_it_is_wanted(tmp_path: Path) -> None:
    ended = llmspell(tmp_path, "eval", "return 1", "--profile-output", "out.json", "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "1\n", "")
    jsonschema.validate(json.loads((tmp_path / "out.json").read_text()), SCHEMA)
    ended = llmspell(tmp_path, "eval", "return 1", "--profile-output", "no/where.json")
    assert (ended.code, ended.out) == (1, "1\n")
    assert "error: the profile cannot be written to" in ended.err


@pytest.mark.parametrize("name", ["s.lua", "link.json"])
def test_the_spell_is_not_overwritten(name: str, tmp_path: Path) -> None:
    spell = tmp_path / "s.lua"
    spell.write_text("print('ran')")
    (tmp_path / "link.json").symlink_to(spell)
    ended = llmspell(tmp_path, "run", "s.lua", "--profile-output", name)
    assert (ended.code, ended.out) == (2, "")
    assert "error: the profile would overwrite the spell" in ended.err
    assert spell.read_text() == "print('ran')"


def test_a_terminal_gets_a_drawn_table(tmp_path: Path) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    world = make_world(tmp_path, TERM="xterm-256color")
    section = Section(("Host calls", "count"), [("File.read", "3"), ("[red]", "1")], 4)
    show(world, "title", [section])
    world.stderr.flush()
    plain = world.stderr.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert plain == (
        "title\n\n  Host calls  count\n  File.read       3\n  [red]           1\n  and 4 more\n"
    )
    buffer = io.BytesIO()
    world.stderr = Terminal(buffer, encoding="utf-8")
    show(world, "title", [section])
    world.stderr.flush()
    drawn = buffer.getvalue().decode()
    assert "\u2500" in drawn and "\x1b[" in drawn and "[red]" in drawn


def test_a_narrow_terminal_loses_no_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    world = make_world(tmp_path, TERM="xterm-256color")
    monkeypatch.setattr(world.stderr, "isatty", lambda: True)
    columns = ("Host calls", "count", "total", "mean", "max")
    show(world, "title", [Section(columns, [("LLM.complete", "3", *["610.0 ms"] * 3)])])
    world.stderr.flush()
    assert world.stderr.buffer.getvalue().decode().count("610.0 ms") == 3  # type: ignore[attr-defined]


# -- what a worker may send


GOOD = {"event": "profile", "frames": [["f", "s.lua", 1]], "stacks": [[[0], 0.5]]}
BAD: list[Callable[[dict[str, Any]], None]] = [
    lambda e: e.pop("frames"),
    lambda e: e.pop("stacks"),
    lambda e: e.update(frames={}),
    lambda e: e.update(frames=[["f", "s", 1]] * (_profiled.MAX_FRAMES + 1)),
    lambda e: e.update(frames=[["f" * (_profiled.MAX_NAME + 1), "s", 1]]),
    lambda e: e.update(frames=[["f", "s" * (_profiled.MAX_NAME + 1), 1]]),
    lambda e: e.update(frames=[["f", "s", -1]]),
    lambda e: e.update(frames=[["f", "s", 1 << 40]]),
    lambda e: e.update(frames=[["f", "s", 1.5]]),
    lambda e: e.update(frames=[["f", "s"]]),
    lambda e: e.update(stacks=[[[0], 0.1]] * (_profiled.MAX_STACKS + 1)),
    lambda e: e.update(stacks=[[[0] * (_profiled.MAX_DEPTH + 1), 0.1]]),
    lambda e: e.update(stacks=[[[], 0.1]]),
    lambda e: e.update(stacks=[[[1], 0.1]]),
    lambda e: e.update(stacks=[[[-1], 0.1]]),
    lambda e: e.update(stacks=[[[True], 0.1]]),
    lambda e: e.update(stacks=[[[0], float("nan")]]),
    lambda e: e.update(stacks=[[[0], float("inf")]]),
    lambda e: e.update(stacks=[[[0], -0.1]]),
    lambda e: e.update(stacks=[[[0], 1e12]]),
    lambda e: e.update(stacks=[[0, 0.1]]),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_a_hostile_profile_breaks_the_rules(number: int) -> None:
    timings = Timings()
    _profiled.Listener(timings, "s")(GOOD)
    assert timings.scripts[0].stacks == [((0,), 0.5)]
    event = dict(GOOD)
    BAD[number](event)
    with pytest.raises(InvalidArgument):
        _profiled.Listener(timings, "s")(event)


def test_a_second_profile_breaks_the_rules() -> None:
    listener = _profiled.Listener(Timings(), "s")
    listener({"event": "something else"})
    listener(GOOD)
    with pytest.raises(InvalidArgument):
        listener(GOOD)


def test_what_a_worker_keeps_is_bounded_and_its_host_takes_it() -> None:
    profile = _profile.Profile({1: "File.read"})
    for number in range(2 * _profile.MAX_FRAMES):
        frame = profile.frame(f"\u20ac\n{number}" * 100, "\x00s" * 100, number)
        profile.pass_to(b"%d,%d" % (number % 7, frame))
        profile.await_call(number, profile.calling(b"0", 1))
    stack = b",".join([b"%d" % (_profile.MAX_FRAMES - 1)] * _profile.MAX_DEPTH)
    profile.pass_to(profile.calling(stack, 1))
    payload = profile.event()
    assert len(payload) < 16 * 1024 * 1024
    timings = Timings()
    _profiled.Listener(timings, "s")(json.loads(payload))
    assert len(timings.scripts[0].frames) <= _profile.MAX_FRAMES


def test_names_of_one_kind_are_bounded() -> None:
    timings = Timings()
    for number in range(10_000):
        timings.add("tool", str(number), 0.0)
    assert len(timings.rows) <= 2_001
    assert timings.rows["tool", OTHERS].count > 7_000


# -- what it costs when it is off, and what it is not


def test_nothing_of_the_workbench_is_imported_by_a_plain_run(tmp_path: Path) -> None:
    (tmp_path / "s.lua").write_text("return File.exists('x')")
    found = imported(tmp_path, "run", "s.lua")
    parts = ("llmspell_cli.profile", "llmspell_cli.watching", "llmspell_cli.reload")
    others = {"watchfiles", "engines._profiled", "rich"}
    assert not [name for name in found if name.startswith(parts) or name in others]


@pytest.mark.parametrize(
    "arguments",
    [
        ("eval", "--profile=high", "return 1"),
        ("eval", "--profile", "high", "return 1"),
        ("eval", "return 1", "--profile=mine"),
        ("tools", "call", "--profile=low", "calculator"),
    ],
)
def test_a_security_profile_is_not_taken_for_the_profiler(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    ended = llmspell(tmp_path, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "to choose a security profile: --security=" in ended.err


def test_a_moment_in_which_no_function_of_the_script_runs_is_the_engines() -> None:
    profile = _profile.Profile({})
    profile.pass_to(b"")
    event = json.loads(profile.event())
    assert [stack for stack, _ in event["stacks"]] == [[0]]
    assert event["frames"][0][0] == "(engine)"
