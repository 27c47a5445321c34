"""The REPL at a terminal, driven through tmux: what a user types, and what the screen shows."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.running import llmspell
from tests.models import servers
from tests.repl.tmux import Terminal

PROGRAM = f"{sys.executable} -m llmspell_cli"
LANGUAGES = ("lua", "javascript")
PROMPT = {"lua": "lua> ", "javascript": "js> "}
CONFIG = """\
default_model = "lab:echo"
[providers.lab]
kind = "openai"
base_url = "{url}"
"""
BLOCK = {
    "lua": ["function twice(x)", "return x * 2", "end"],
    "javascript": ["function twice(x) {", "return x * 2", "}"],
}
CODE = {
    "lua": {
        "stream": 'Agent.new({ model = "lab:drip-30" }):stream("one two three")',
        "await": 'reply = Agent.new({ name = "ann" }):run("who")',
        "length": "#reply.text",
        "fail": 'error("boom")',
        "error": "_error",
        "stuck": 'print("in" .. "side"); return ("a"):rep(1e6):find((".-"):rep(30) .. "b")',
        "paste": "function shout(s)\n  return s:upper()\nend",
        "call": 'shout("quiet")',
        "keys": "Agent.new{ sys",
        "option": "system_prompt",
        "record": 'box = { name = "n", list = { 1, 2 } }',
        "shown": '{list = {1, 2}, name = "n"}',
    },
    "javascript": {
        "stream": 'new Agent({ model: "lab:drip-30" }).stream("one two three")',
        "await": 'const reply = await new Agent({ name: "ann" }).run("who")',
        "length": "reply.text.length",
        "fail": 'throw new Error("boom")',
        "error": "_error",
        "stuck": "console.log('in' + 'side'); [].indexOf.call({ length: 2 ** 53 - 1 }, 1)",
        "paste": "function shout(s) {\n  return s.toUpperCase()\n}",
        "call": 'shout("quiet")',
        "keys": "new Agent({ sys",
        "option": "systemPrompt",
        "record": 'const box = { name: "n", list: [1, 2] }',
        "shown": "{ name: 'n', list: [ 1, 2 ] }",
    },
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A configuration file with a server that answers slowly where it is asked to."""
    file = tmp_path_factory.mktemp("config") / "lab.toml"
    with servers.start() as lab:
        file.write_text(CONFIG.format(url=lab.openai_url))
        yield file


def open_repl(tmp_path: Path, config: Path, language: str, *flags: str) -> Terminal:
    command = " ".join([PROGRAM, "repl", "--engine", language, "--config", str(config), *flags])
    return Terminal(tmp_path, command)


def at_prompt(language: str) -> Callable[[str], bool]:
    """Returns a condition: the last line of the input area is an empty prompt."""
    prompt = PROMPT[language].rstrip()

    def is_there(screen: str) -> bool:
        lines = [line.rstrip() for line in screen.splitlines() if line.strip()]
        return len(lines) > 1 and lines[-2] == prompt

    return is_there


def is_busy(screen: str) -> bool:
    """The bottom line goes when the input is taken."""
    return "lab:echo ·" not in screen


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_session(language: str, tmp_path: Path, config: Path) -> None:
    code, prompt = CODE[language], PROMPT[language]
    idle = at_prompt(language)
    with open_repl(tmp_path, config, language) as terminal:
        terminal.wait(idle)

        # several lines, set in by themselves
        for line in BLOCK[language][:-1]:
            terminal.enter(line, lambda screen: screen.count("…") > 0)
        terminal.wait("    … ".replace("    ", "") + "  return x * 2")
        terminal.enter(BLOCK[language][-1], idle)
        terminal.enter("twice(21)", f"{prompt}twice(21)\n42\n")

        # pasted in brackets, evaluated by one Enter
        terminal.paste(code["paste"])
        terminal.wait("… " + code["paste"].splitlines()[-1])
        terminal.press("Enter")
        terminal.wait(idle)
        terminal.enter(code["call"], "QUIET")
        terminal.enter(code["record"], idle)
        terminal.enter("box", code["shown"])

        # the menu, and the function under the cursor
        terminal.wait(idle)
        terminal.type("File.re")
        terminal.wait(lambda screen: "read" in screen and "Reads a text file" in screen)
        terminal.type("ad(")
        terminal.wait("File.read(path")
        terminal.press("C-c")
        terminal.wait(idle)
        terminal.type(code["keys"])
        terminal.wait(lambda screen: f" {code['option']} " in screen)
        terminal.press("Tab")
        terminal.wait(lambda screen: re.search(rf"{code['option']}\s*[=:]", screen) is not None)
        terminal.press("C-c")
        terminal.wait(idle)
        terminal.enter(".doc File.read", "Needs the permission read(path)")

        # a call that takes time, and its cost
        terminal.wait(idle)
        terminal.enter(
            code["await"], lambda screen: re.search(r"· [1-9]\d* tokens", screen) is not None
        )
        terminal.enter(code["length"], "\n9\n")  # "echo: who"

        # a stream, stopped half-way; the session goes on
        terminal.wait(idle)
        terminal.enter(code["stream"], "\necho:")
        terminal.stop("error: interrupted")
        terminal.wait(idle)

        # an error, and what is left
        terminal.enter(code["fail"], "boom")
        terminal.wait(idle)
        terminal.enter(code["error"], lambda screen: screen.count("boom") >= 3)
        terminal.enter("twice(4)", "\n8\n")

        # saved and run, apart from the session and in it
        terminal.wait(idle)
        terminal.enter(".save kept", "pieces of code")
        terminal.wait(idle)
        terminal.press("C-d")
        terminal.wait("ended with 0")
    suffix = ".lua" if language == "lua" else ".js"
    ended = llmspell(terminal.work, "run", f"kept{suffix}", "--config", str(config))
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_engine_that_is_stuck_is_replaced(language: str, tmp_path: Path, config: Path) -> None:
    code, idle = CODE[language], at_prompt(language)
    with open_repl(tmp_path, config, language) as terminal:
        terminal.wait(idle)
        terminal.enter(code["record"], idle)
        # Stopped before it is stuck, it would keep its engine.
        terminal.enter(code["stuck"], lambda screen: is_busy(screen) and "inside" in screen)
        terminal.stop("engine was ended and a new one started")
        terminal.wait("its variables are lost")
        terminal.wait(idle)
        terminal.enter("1 + 1", "\n2\n")
        terminal.wait(idle)
        terminal.press("C-d")
        terminal.wait("ended with 0")


def test_a_print_while_the_prompt_is_shown_goes_above_it(tmp_path: Path, config: Path) -> None:
    idle = at_prompt("lua")
    with open_repl(tmp_path, config, "lua") as terminal:
        terminal.wait(idle)
        code = "while not File.exists('go') do Async.sleep(0.01) end print('behind')"
        terminal.enter(f"function watch() {code} end", idle)
        terminal.enter("Async.spawn(watch)", idle)
        terminal.type("half a li")
        terminal.wait("lua> half a li")
        (terminal.work / "go").write_text("")
        terminal.wait("\nbehind\nlua> half a li\n")
        terminal.type("ne")
        terminal.wait("lua> half a line")


def test_what_a_background_task_fails_with_is_shown(tmp_path: Path, config: Path) -> None:
    idle = at_prompt("javascript")
    with open_repl(tmp_path, config, "javascript") as terminal:
        terminal.wait(idle)
        terminal.enter('setTimeout(() => { throw new Error("late") }, 300); 5', "\n5\n")
        terminal.wait("error: late")
        terminal.wait(idle)
        terminal.enter("1 + 1", "\n2\n")


def test_engines_keep_their_state_side_by_side(tmp_path: Path, config: Path) -> None:
    with open_repl(tmp_path, config, "lua") as terminal:
        terminal.wait(at_prompt("lua"))
        terminal.enter("x = 'moon'", at_prompt("lua"))
        terminal.enter(".engine javascript", at_prompt("javascript"))
        terminal.enter("const x = 'sun'", at_prompt("javascript"))
        terminal.enter(".engine lua", at_prompt("lua"))
        terminal.enter("x", '\n"moon"\n')
        terminal.wait(at_prompt("lua"))
        terminal.enter(".engine javascript", at_prompt("javascript"))
        terminal.enter("x", "\n'sun'\n")


def test_ctrl_c_gives_up_a_line_and_then_says_how_to_leave(tmp_path: Path, config: Path) -> None:
    idle = at_prompt("lua")
    with open_repl(tmp_path, config, "lua") as terminal:
        terminal.wait(idle)
        terminal.type("never mind")
        terminal.wait("lua> never mind")
        terminal.press("C-c")
        assert "leaves" not in terminal.wait(idle)
        terminal.press("C-c")
        terminal.wait("Ctrl-D or .exit leaves")
        terminal.wait(idle)
        terminal.press("C-d")
        terminal.wait("ended with 0")


def test_alt_enter_starts_a_line_in_code_that_is_complete(tmp_path: Path, config: Path) -> None:
    idle = at_prompt("lua")
    with open_repl(tmp_path, config, "lua") as terminal:
        terminal.wait(idle)
        terminal.type("a = 1")
        terminal.press("M-Enter")
        terminal.wait("   …")
        terminal.enter("b = 2", idle)
        terminal.enter("a + b", "\n3\n")


def test_history_comes_back_without_what_holds_a_key(tmp_path: Path, config: Path) -> None:
    idle = at_prompt("lua")
    with open_repl(tmp_path, config, "lua") as terminal:
        terminal.wait(idle)
        terminal.enter("first = 1", idle)
        terminal.enter('key = "sk-abcdefghijklmnopqrstuvwxyz"', idle)
        terminal.enter("last = 2", idle)
        terminal.press("C-d")
        terminal.wait("ended with 0")
    with Terminal(tmp_path, f"{PROGRAM} repl --config {config}") as terminal:
        terminal.wait(idle)
        terminal.press("Up")
        terminal.wait("lua> last = 2")
        terminal.press("Up")
        terminal.wait("lua> first = 1")
        terminal.press("C-c")
        terminal.wait(idle)
        terminal.press("C-r")
        terminal.type("fir")
        terminal.wait(lambda s: "backward: fir" in s and s.count("lua> first = 1") == 2)
        terminal.press("Enter")
        terminal.wait(lambda s: "backward" not in s and s.count("lua> first = 1") == 2)


def test_edit_opens_the_editor_and_its_text_is_the_next_input(tmp_path: Path, config: Path) -> None:
    idle = at_prompt("lua")
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed s/6/7/ "$1" > "$1.new" && mv "$1.new" "$1"\n')
    editor.chmod(0o700)
    command = f"EDITOR={editor} {PROGRAM} repl --config {config}"
    with Terminal(tmp_path, command) as terminal:
        terminal.wait(idle)
        terminal.enter("6 * 6", "\n36\n")
        terminal.wait(idle)
        terminal.enter(".edit", "lua> 7 * 6")
        terminal.press("Enter")
        terminal.wait("\n42\n")


def test_the_debugger_has_the_terminal_until_it_is_left(tmp_path: Path, config: Path) -> None:
    idle = at_prompt("lua")
    with open_repl(tmp_path, config, "lua") as terminal:
        (terminal.work / "count.lua").write_text("local n = params.n\nwhile n do end\n")
        terminal.wait(idle)
        terminal.enter("kept = 41", idle)
        terminal.enter(".debug count.lua n=3", "(debug)")
        terminal.enter("next", "2  while n do end")
        terminal.wait(lambda screen: screen.rstrip().endswith("(debug)"))
        terminal.enter("p n", '"3"')
        terminal.wait(lambda screen: screen.rstrip().endswith("(debug)"))
        terminal.enter("quit", idle)
        terminal.enter("kept + 1", "\n42\n")
