"""The debugger at the terminal: its own commands, and what a person at a keyboard meets."""

from __future__ import annotations

import asyncio
import fcntl
import io
import os
import pty
import re
import select
import subprocess
import termios
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest

from bridges._errors import InvalidArgument
from bridges._permissions import Grants
from engines._modules import Modules
from llmspell_cli.debug.answers import Frame
from llmspell_cli.debug.points import Wanted
from llmspell_cli.debug.session import Stop
from llmspell_cli.debug.sources import Sources
from llmspell_cli.debug.terminal.console import Console
from llmspell_cli.debug.terminal.orders import ORDERS, SHORT, parse, parse_place, parse_point
from llmspell_cli.debug.terminal.screen import Screen
from llmspell_cli.program import find
from llmspell_cli.world import World
from tests.cli.running import PROGRAM, Ended, environment, llmspell
from tests.debug import spells
from tests.debug.client import PATIENCE
from tests.debug.spells import line_of, write
from tests.processes import children, vanish

both = pytest.mark.parametrize("language", ["lua", "javascript"])


def debug(path: Path, *commands: str, flags: tuple[str, ...] = (), editor: str = "") -> Ended:
    """Debugs a spell with commands from a pipe."""
    stdin = "".join(f"{command}\n" for command in commands)
    return llmspell(path.parent, "debug", *flags, path.name, stdin=stdin, EDITOR=editor)


# -- how commands are read


@pytest.mark.parametrize(
    "text,file,wanted",
    [
        ("12", None, Wanted(12)),
        ("lib/a b.lua:12", "lib/a b.lua", Wanted(12)),
        ("a:b.lua:12", "a:b.lua", Wanted(12)),
        ("12 if x > 3", None, Wanted(12, "x > 3")),
        ("12 if x == 'if' hits >= 3", None, Wanted(12, "x == 'if'", ">= 3")),
        ("12 hits % 2 log n is {n}", None, Wanted(12, "", "% 2", "n is {n}")),
        ("12 if x log y if z", None, Wanted(12, "x", "", "y if z")),
    ],
)
def test_breakpoints_are_read(text: str, file: str | None, wanted: Wanted) -> None:
    if file and " " in file:
        with pytest.raises(InvalidArgument):
            parse_point(text, once=False)
    else:
        assert parse_point(text, once=False) == (file, wanted)


@pytest.mark.parametrize("text", ["", "x", "0", "12 unless x", "12 hits often", ":", "a.lua:"])
def test_what_is_no_breakpoint(text: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_point(text, once=False)


def test_names_and_short_names_are_unlike() -> None:
    shorts = [short for order in ORDERS.values() for short in order.short]
    assert len(shorts) == len(set(shorts)) and not set(shorts) & set(ORDERS)
    assert all(parse(short)[0] == name for short, name in SHORT.items())
    with pytest.raises(InvalidArgument, match="no command 'brake'") as caught:
        parse("brake 3")
    assert "break" in caught.value.hint
    assert parse_place(" lib/x.lua:7 ") == ("lib/x.lua", 7)


# -- scripts of commands


@both
def test_a_script_of_commands(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.SUMS)
    line = line_of(path, "sum")
    ended = debug(
        path,
        "# a comment",
        f"tbreak {line}",
        "watch a + b",
        "continue",
        "up",
        "print i",
        "down",
        "list",
        "break",
        f"break {line_of(path, 'print')}",
        "continue",
        "delete all",
        "break",
        "continue",
    )
    assert (ended.code, ended.err) == (0, "")
    shown = ended.out
    assert f"breakpoint 1 at {path.name}:{line} once" in shown
    assert f"breakpoint 1 at {path.name}:{line} in add\n→ {line}  " in shown
    assert "  watch 1: a + b = 1\n" in shown
    assert f"→ #0 {path.name}:{line_of(path, 'loop')} in " in shown
    assert f"breakpoint 2 at {path.name}:{line_of(path, 'print')} in " in shown
    assert shown.count("breakpoint 1") == 2  # it went with its first stop
    assert shown.endswith("doubled\t30\n15\n")


def test_an_empty_line_repeats(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    ended = debug(path, "", "next", "", "print 7", "quit")
    assert ended.out.count("step at spell.lua:") == 2
    assert ended.code == 130


def test_commands_of_the_command_line_come_first(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    flags = ("-c", f"break {line_of(path, 'call')}", "-c", "continue")
    ended = debug(path, "print total", "continue", flags=flags)
    assert ended.code == 0
    assert "\n15\n" in ended.out


@pytest.mark.parametrize(
    "command,why",
    [
        ("brake 3", "there is no command 'brake'; did you mean 'break'?"),
        ("break nothing.lua:3", "there is no file"),
        ("break x", "'x' is no place"),
        ("until 0", "'0' is no place"),
        ("delete 7", "there is no number 7"),
        ("delete", "which number?"),
        ("up", "no frame further out"),
        ("down", "innermost"),
        ("up x", "'x' is not a number"),
        ("task 9", "there is no number 9"),
        ("catch fish", "nothing to catch is called 'fish'"),
        ("uncatch fish", "nothing to catch is called 'fish'"),
        ("print", "which expression?"),
        ("set x", "write set NAME = EXPRESSION"),
        ("request", "no request is held"),
        ("edit", "no request is held"),
        ("list 999", "has 12 lines"),
        ("help brake", "there is no command 'brake'"),
    ],
)
def test_what_cannot_be_done_says_why(command: str, why: str, tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    ended = debug(path, command, "continue")
    assert ended.code == 0
    assert f"error: {why}" in ended.out.replace(str(tmp_path), "") or why in ended.out


def test_help_knows_every_command(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    ended = debug(path, "help", "help b", "quit")
    assert all(f"  {name}" in ended.out for name in ORDERS)
    assert ORDERS["break"].usage in ended.out


@both
def test_exit_codes_are_those_of_run(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.ERRORS)
    ended = debug(path, "uncatch uncaught", "continue")
    assert ended.code == 1
    assert "bad 2" in ended.err and f"{line_of(path, 'throw')} | " in ended.err
    path.write_text("exit(7)\n")
    assert debug(path, "continue").code == 7
    assert debug(path, "quit") == Ended(130, debug(path, "quit").out, "")
    assert debug(path).code == 130  # the end of input is the wish to leave
    path.write_text({"lua": "while true do end", "javascript": "for(;;);"}[language])
    assert debug(path, "continue", flags=("--timeout", "5s")).code == 124


def test_what_cannot_be_debugged(tmp_path: Path) -> None:
    assert llmspell(tmp_path, "debug").code == 2
    assert llmspell(tmp_path, "debug", "missing.lua").code == 1
    (tmp_path / "s.lua").write_text("print(")
    ended = debug(tmp_path / "s.lua", "continue")
    assert ended.code == 1 and "s.lua" in ended.err
    assert llmspell(tmp_path, "debug", "--dap", "--listen", "127.0.0.1:0").code == 2
    ended = llmspell(tmp_path, "debug", "s.lua", "--stdin", "missing.txt")
    assert ended.code == 1 and "cannot read 'missing.txt'" in ended.err


def test_arguments_parameters_and_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "s.lua"
    path.write_text("print(ARGS[1], params.n, Stdin.read())\n")
    (tmp_path / "in.txt").write_text("given")
    ended = llmspell(
        tmp_path,
        *("debug", "--stdin", "in.txt", "--param", "n=3", "s.lua", "first"),
        stdin="continue\n",
    )
    assert "first\t3\tgiven\n" in ended.out


def test_what_a_spell_writes_is_no_order_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "s.lua"
    path.write_text('local x = "\\27[2J\\7"\nerror("\\27]0;title\\7")\n')
    ended = debug(path, "break 2 log {x}", "next", "print x", "locals", "c", "c")
    assert "\x1b" not in ended.out + ended.err and "\x07" not in ended.out + ended.err


def test_whatever_is_shown_is_cleaned(tmp_path: Path) -> None:
    out = io.StringIO()
    world = World({}, tmp_path, [], io.BytesIO(), out, io.StringIO())
    spell = find(world, str(write(tmp_path, "lua", spells.SUMS)), None)
    sources = Sources(spell, Modules("lua", tmp_path, Grants(base=tmp_path)))
    screen = Screen(world, sources, "lua")
    screen.say("\x1b[2Ja\x07")
    screen.fail("\x1b[2Jb")
    screen.stop(Stop("\x1b[2Jc", 1, "\x1b[2Jd"), Frame(1, "\x1b[2Je", "f", 1, 1, False), "\x1b")
    assert "\x1b" not in out.getvalue() and "\x07" not in out.getvalue()


@pytest.mark.parametrize("stopping", [True, False])
def test_a_stop_that_is_over_before_it_is_shown(
    stopping: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World({}, tmp_path, [], io.BytesIO(), io.StringIO(), io.StringIO())
    # The time limit strikes while the news of a stop is on its way.
    debugger: Any = SimpleNamespace(run=SimpleNamespace(is_stopping=stopping))

    async def refused(_stop: Stop) -> bool:
        raise InvalidArgument("the spell is running")

    async def run() -> None:
        screen: Any = None
        console = Console(debugger, screen, world)
        monkeypatch.setattr(console.actions, "show", refused)
        await console.stopped(Stop("entry", 1))
        await console.serve(asyncio.create_task(asyncio.sleep(0.1)))

    if stopping:
        asyncio.run(run())  # the run's end tells the rest
    else:
        with pytest.raises(InvalidArgument):
            asyncio.run(run())


@both
def test_the_request_is_edited_in_an_editor(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.ECHO)
    editor = "sed -i s/moon/mars/"
    ended = debug(path, "catch model test:*", "c", "request", "edit", "c", editor=editor)
    assert ended.code == 0
    assert "caught: uncaught, model test:*" in ended.out
    assert '"say moon"' in ended.out
    assert ended.out.endswith("say mars\n")


@pytest.mark.parametrize(
    "editor,why",
    [
        ("no-such-editor", "cannot be started"),
        ("false", "exit code 1"),
        ("sed -i s/{/[/", "not JSON"),
        ("sed -i s/settings/sittings/", "must be a map of messages, settings"),
    ],
)
def test_an_edit_that_fails_changes_nothing(editor: str, why: str, tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.ECHO)
    ended = debug(path, "catch model", "c", "edit", "c", editor=editor)
    assert why in ended.out
    assert ended.out.endswith("say moon\n")


def test_a_request_that_is_none_fails_the_call(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.ECHO)
    ended = debug(path, "catch model", "c", "set request.messages[0] = 5", "c", "c")
    assert ended.code == 1
    assert "no request" in ended.err


# -- a person at a keyboard


class Keyboard:
    """A terminal with a person at it."""

    def __init__(self, path: Path, *flags: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [*PROGRAM, "debug", path.name, *flags],
            cwd=path.parent,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment(path.parent, TERM="xterm-256color"),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self._seen = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def see(self, pattern: str, patience: float = PATIENCE) -> re.Match[str]:
        """Waits for text on the screen after what was seen before, escapes left out."""
        last = time.monotonic() + patience
        while True:
            shown = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[=>])", "", self._seen)
            match = re.search(pattern, shown)
            if match:
                self._seen = shown[match.end() :]
                return match
            assert time.monotonic() < last, f"{pattern!r} does not come: {shown[-2000:]!r}"
            if select.select([self._ours], [], [], 0.5)[0]:
                try:
                    data = os.read(self._ours, 65536)
                except OSError:
                    raise AssertionError(f"{pattern!r} does not come: {shown!r}") from None
                if b"\x1b[6n" in data:
                    os.write(self._ours, b"\x1b[1;1R")
                self._seen += data.decode(errors="replace")

    def stop(self, pattern: str) -> None:
        """Presses Ctrl-C until there is an answer: while a prompt closes, a key can be lost."""
        last = time.monotonic() + PATIENCE
        while time.monotonic() < last:
            self.type("\x03")
            try:
                self.see(pattern, patience=3)  # an expression ends by itself after 5 seconds
                return
            except AssertionError:
                continue
        raise AssertionError(f"{pattern!r} does not come")

    def ended(self, press: str = "") -> int:
        """Waits for the end, pressing a key again and again, and returns the exit code."""
        last, again = time.monotonic() + PATIENCE, time.monotonic()
        while self.process.poll() is None:
            assert time.monotonic() < last
            if press and time.monotonic() >= again:
                again = time.monotonic() + 1
                self.type(press)
            if select.select([self._ours], [], [], 0.1)[0]:
                try:
                    os.read(self._ours, 65536)
                except OSError:
                    break
        return self.process.wait(PATIENCE)


@both
def test_keys_completion_and_history(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.SUMS)
    with Keyboard(path) as keyboard:
        keyboard.see(r"entry at spell[^→]*→ \d")
        keyboard.see(r"\(debug\)")
        keyboard.type(f"break {line_of(path, 'call')}\r")
        keyboard.see(r"breakpoint 1 at \S+\s")
        keyboard.see(r"\(debug\)")
        keyboard.type("cont\t")
        keyboard.see("inue")
        keyboard.type("\r")
        keyboard.see(r"breakpoint 1 at \S+ in ")
        keyboard.see(r"\(debug\)")
        keyboard.type("print tot\t")
        keyboard.see("al")
        keyboard.type(" * 2\r")
        keyboard.see(r"\n30\s")
        keyboard.see(r"\(debug\)")
        keyboard.type("\x1b[A\r")
        keyboard.see(r"\n30\s")
        keyboard.see(r"\(debug\)")
        keyboard.type("\x04")
        assert keyboard.ended() == 130


@both
def test_ctrl_c_pauses_and_twice_leaves(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.BUSY)
    with Keyboard(path) as keyboard:
        keyboard.see(r"\(debug\)")
        keyboard.type("c\r")
        keyboard.see("begin")
        keyboard.type("\x03")
        keyboard.see(r"pause at spell")
        keyboard.see(r"\(debug\)")
        keyboard.type("set going = false\r")
        keyboard.see(r"\ngoing = false")
        keyboard.see(r"\(debug\)")
        workers = children(keyboard.process.pid)
        keyboard.type("\x03")
        keyboard.see("Ctrl-C again leaves")
        keyboard.type("\x03")
        assert keyboard.ended() == 130
        assert vanish(workers)


def test_ctrl_c_ends_an_expression_that_never_does(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    with Keyboard(path) as keyboard:
        keyboard.see(r"\(debug\)")
        keyboard.type("print (function() while true do end end)()\r")
        keyboard.stop("error: .*stopped")
        keyboard.see(r"\(debug\)")
        keyboard.type("print 6 * 7\r")
        keyboard.see(r"\n42")
        keyboard.see(r"\(debug\)")
        keyboard.type("quit\r")
        assert keyboard.ended() == 130


def test_ctrl_c_twice_ends_a_stuck_spell(tmp_path: Path) -> None:
    path = tmp_path / "s.lua"
    path.write_text(
        'print("begin")\nlocal a = string.rep("a", 40)\na:find(("a*"):rep(40) .. "b")\n'
    )
    with Keyboard(path) as keyboard:
        keyboard.see(r"\(debug\)")
        keyboard.type("c\r")
        keyboard.see("begin")
        # The first asks for a pause, which a stuck engine does not give.
        assert keyboard.ended(press="\x03") == 130


def test_history_is_kept_but_no_keys(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    with Keyboard(path) as keyboard:
        keyboard.see(r"\(debug\)")
        keyboard.type("print 6 * 7\r")
        keyboard.see("42")
        keyboard.see(r"\(debug\)")
        keyboard.type('print "sk-proj-0123456789abcdefghijklmnop"\r')
        keyboard.see(r"\(debug\)")
        keyboard.type("quit\r")
        assert keyboard.ended() == 130
    (file,) = (tmp_path / "home").rglob("*.debug")
    kept = file.read_text()
    assert "6 * 7" in kept and "sk-proj" not in kept
