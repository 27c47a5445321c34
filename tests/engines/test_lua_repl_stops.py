"""What ends a piece of a session in Lua ends that piece only: memory, interrupts, errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lupa import lua54

from engines._process import ROOT
from engines.lua._interrupt import stopper
from tests.engines.lua_session import Session

RUNTIME = Path(ROOT) / "engines" / "lua" / "runtime"


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


# -- running out

OUT = {
    "table": "big = {} while true do big[#big + 1] = {#big} end",
    "text": "big = 'x' while true do big = big .. big end",
    "to the last byte": """
        big = {} local size = 1 << 20
        while size > 16 do
          if not pcall(function() big[#big + 1] = ('x'):rep(size) end) then size = size // 2 end
        end
        while true do big = {big} end""",
    "frames": "local function f() return 1 + f() end f()",
    "caught": "while true do pcall(function() big = {big or {}, {}, {}} end) error() end",
}


@pytest.mark.parametrize("name", OUT)
def test_running_out_of_memory_ends_a_chunk_only(name: str) -> None:
    with Session(memory=16 << 20) as session:
        session.evaluate("keep = {1, 2}")
        answer = session.evaluate(OUT[name])
        assert answer["error"]["code"] in ("limit_exceeded", "spell_error")
        assert session.echo("keep") == "{1, 2}"
        session.evaluate("big = nil")
        assert session.echo("#('x'):rep(4 << 20)") == str(4 << 20)


def test_a_full_memory_leaves_room_for_a_command() -> None:
    with Session(memory=16 << 20) as session:
        session.fail(OUT["to the last byte"])
        assert session.echo("#('y'):rep(100000)") == "100000"


# -- interrupts

LOOPS = {
    "plain": "while true do end",
    "pcall": "while true do pcall(error) end",
    "pcall tower": "local function f() while true do pcall(f) end end f()",
    "close": """
        local function f()
          local x <close> = setmetatable({}, {__close = function() while true do end end})
          while true do end
        end
        while true do pcall(f) end""",
    "tasks": "local function f() while true do pcall(Async.all, {f, f}) end end f()",
    "calls": "while true do pcall(Host.later, 1) end",
    "now": "while true do pcall(Host.same, 1) end",
    "never": "Host.never()",
    "comparator": "table.sort({3, 2, 1}, function() Host.never() end)",
    "sleep": "while true do Async.sleep(0) end",
    "tostring": "return setmetatable({}, {__tostring = function() while true do end end})",
    "error": "error(setmetatable({}, {__tostring = function() while true do end end}))",
    "generator": "g = coroutine.wrap(function() while true do coroutine.yield() end end) "
    "while true do pcall(g) end",
    "task": "Async.spawn(function() while true do end end) Host.never()",
    "callback": "Host.apply(function() while true do pcall(error) end end)",
    "prints": "while true do print(('x'):rep(100)) end",
}


@pytest.fixture(scope="module")
def beaten() -> Iterator[Session]:
    """A session that is interrupted again and again, with a task in the background."""
    with Session() as session:
        session.evaluate(
            "local keep, ticks = 41, 0 Async.spawn(function()"
            " while true do Async.sleep(0.005) ticks = ticks + 1 end end)"
        )
        yield session


@pytest.mark.parametrize("name", LOOPS)
def test_an_interrupt_ends_the_chunk_and_nothing_else(beaten: Session, name: str) -> None:
    answer = beaten.interrupted("print('on')\n" + LOOPS[name])
    assert answer["error"]["code"] == "interrupted"
    assert beaten.echo("keep") == "41"
    beaten.evaluate("local old = ticks while ticks == old do Async.sleep(0.005) end")
    assert beaten.events == []


def test_an_interrupt_cancels_what_the_chunk_started(session: Session) -> None:
    session.evaluate("local n = 0")
    answer = session.interrupted("""
        Async.spawn(function() while true do n = n + 1 Async.sleep(0) end end)
        local s <close> = setmetatable({}, {__close = function() Host.later(1) print('closed') end})
        print('on') Host.never()""")
    assert answer["error"]["code"] == "interrupted"
    session.pump(lambda: "closed\n" in session.outcome.text)
    assert len(session.outcome.cancelled) == 1
    assert session.echo("local old = n Async.sleep(0.02) return n == old") == "true"


def test_an_interrupt_closes_a_stream(session: Session) -> None:
    source = "for x in Host.letters('abc') do\nprint('on')\nHost.never() end"
    answer = session.interrupted(source)
    assert answer["error"]["code"] == "interrupted"
    assert answer["error"]["traceback"][0]["line"] == 3
    session.pump(lambda: session.closed)


def test_an_end_that_never_ends_can_be_interrupted_too(session: Session) -> None:
    session.evaluate("local keep = 1")
    answer = session.interrupted("""
        local x <close> = setmetatable({}, {__close = function()
          while true do pcall(error) end end})
        print('on') Host.never()""")
    assert answer["error"]["code"] == "interrupted"
    session.interrupt()
    assert session.echo("keep") == "1"


def test_an_older_task_that_computes_is_ended_too(session: Session) -> None:
    session.evaluate("""
        local busy = Async.spawn(function()
          Async.sleep(0.01) print('on') while true do pcall(error) end end)""")
    answer = session.interrupted("Host.never()")
    assert answer["error"]["code"] == "interrupted"
    assert session.echo("busy:done()") == "true"


def test_with_nothing_under_way_tasks_are_cancelled(session: Session) -> None:
    session.evaluate(
        "local n = 0 Async.spawn(function() while true do n = n + 1 Async.sleep(0) end end)"
    )
    session.interrupt()
    assert session.ask("check", source="x") == {"state": "complete"}
    assert session.echo("local old = n Async.sleep(0.02) return n == old") == "true"


def test_an_interrupt_stops_one_chunk_only(session: Session) -> None:
    session.echo("'the worker is up'")
    for _ in range(30):
        session.interrupt()
        assert session.echo("local n = 0 for i = 1, 20000 do n = n + 1 end return n") == "20000"


def test_looking_can_be_interrupted(session: Session) -> None:
    session.evaluate("local t = {} for i = 1, 1e5 do t['k' .. i] = i end")
    session.evaluate("for i = 1, 900 do _G['v' .. i] = t end print('on')")
    id = session.begin("variables")
    session.interrupt()
    answer: dict[str, Any] = session.answer(id)
    assert "error" in answer or len(answer["variables"]) == 901
    assert session.echo("1") == "1"


def test_no_coroutine_keeps_the_hook_of_an_interrupt() -> None:
    """One that was left between two steps would fail at its next one, long after."""
    runtime = lua54.LuaRuntime(encoding=None)
    stop = stopper(lua54.__file__)
    assert stop is not None
    control = (RUNTIME / "control.lua").read_bytes()
    pointer, finish = runtime.execute(
        b"local source, nothing = ...\n"
        b"local host = {switch = nothing, poll = nothing, forget_interrupt = nothing}\n"
        b"local control = load(source, '=[engine]control')(host, {})\n"
        b"local state = control.new(function() coroutine.yield() return 'went on' end)\n"
        b"control.run(state)\n"
        b"return state.ptr, function() control.forgive() return control.run(state) end",
        control,
        lambda *_: None,
    )
    stop(pointer)
    assert finish() == (True, b"went on")
