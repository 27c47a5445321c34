"""The REPL without a terminal: chunks, values, errors with their lines, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Ended, llmspell


def repl(tmp_path: Path, text: str, *flags: str) -> Ended:
    return llmspell(tmp_path, "repl", *flags, stdin=text)


LANGUAGES = ("lua", "javascript")
BLOCK = {
    "lua": "function twice(x)\n  return x * 2\nend\ntwice(4)\n",
    "javascript": "function twice(x) {\n  return x * 2\n}\ntwice(4)\n",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_are_echoed_and_nothing_else_is_written(language: str, tmp_path: Path) -> None:
    ended = repl(tmp_path, f"1 + 1\n\n{BLOCK[language]}", "--engine", language)
    assert ended == Ended(0, "2\n8\n", "")


def test_what_is_printed_and_what_is_shown_stay_in_order(tmp_path: Path) -> None:
    text = "print('a')\n1\nSpell.write('b')\n2\nprint('c')\n"
    assert repl(tmp_path, text).out == "a\n1\nb2\nc\n"


@pytest.mark.parametrize(
    ("language", "text", "line"),
    [
        ("lua", "x = 1\n\nerror('boom')\nx\n", "stdin:3"),
        ("lua", "function f()\n  error('boom')\nend\nx = 1\nf()\nx\n", "stdin:2"),
        ("javascript", "var x = 1\n\nthrow new Error('boom')\nx\n", "stdin:3"),
    ],
)
def test_an_error_names_its_line_and_the_session_goes_on(
    language: str, text: str, line: str, tmp_path: Path
) -> None:
    ended = repl(tmp_path, text, "--engine", language)
    assert (ended.code, ended.out) == (1, "1\n")
    assert "error: boom\n" in ended.err
    assert line in ended.err
    assert "\x1b" not in ended.err


@pytest.mark.parametrize(
    ("flags", "text", "out"),
    [
        ((), "1 -- one,\n2 -- (\n", "1\n2\n"),
        (("--engine", "javascript"), "1 // one,\n2 /* { */\n3 /* [ */ // {\n", "1\n2\n3\n"),
        ((), "#{\n1,\n2,\n}\n3\n", "2\n3\n"),
    ],
)
def test_a_line_that_goes_on_is_told_from_a_comment(
    flags: tuple[str, ...], text: str, out: str, tmp_path: Path
) -> None:
    assert repl(tmp_path, text, *flags).out == out


@pytest.mark.parametrize("language", ["lua", "javascript"])
def test_a_long_input_has_the_right_lines(language: str, tmp_path: Path) -> None:
    raising = {
        "lua": "function f() error('boom') end",
        "javascript": "function f() { throw Error('boom') }",
    }
    text = f"{raising[language]}\n" + "\n" * 2500 + "f()\n"
    ended = repl(tmp_path, text, "--engine", language)
    assert "stdin:1" in ended.err and "stdin:2502" in ended.err and "stdin+" not in ended.err
    assert ended.code == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("File.read('/etc/passwd')\n1\n", 3),
        ("File.read('/etc/passwd')\nerror('x')\n", 1),
        ("error('x')\nFile.read('/etc/passwd')\n", 3),
        ("error('x')\nexit(7)\n1\n", 7),
        ("exit(0)\nerror('x')\n", 0),
        (".exit\nerror('x')\n", 0),
        ("error('x')\n.exit\n", 1),
        (".exit 9\n", 9),
        (".exit 256\n", 2),
        (".nothing\n", 2),
        (".load nothing.lua\n", 1),
        ("x = = 1\n1\n", 1),
        ("function f()\n", 1),
        ("local ok = pcall(error, 'x')\n", 0),
    ],
)
def test_the_exit_code_is_that_of_the_last_error(text: str, code: int, tmp_path: Path) -> None:
    assert repl(tmp_path, text).code == code


def test_an_incomplete_last_chunk_is_an_error(tmp_path: Path) -> None:
    ended = repl(tmp_path, "1\nfunction f()\n  return\n")
    assert (ended.code, ended.out) == (1, "1\n")
    assert "stdin:" in ended.err


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"1\n'\xff'\n")
    import subprocess

    from tests.cli.running import PROGRAM, environment

    with (tmp_path / "bad").open() as stdin:
        done = subprocess.run(
            [*PROGRAM, "repl"], cwd=tmp_path, stdin=stdin, env=environment(tmp_path),
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "1\n")
    assert done.stderr.startswith("error: standard input is not UTF-8 text\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_state_is_kept_and_shown(language: str, tmp_path: Path) -> None:
    text = "x = 'a'\n.vars\n.type x\n" if language == "lua" else "let x = 'a'\n.vars\n.type x\n"
    ended = repl(tmp_path, text, "--engine", language)
    assert ended.code == 0
    assert ended.out.splitlines()[0].split()[:2] == ["x", "string"]
    assert ended.out.splitlines()[1] == "string"


def test_a_time_limit_holds_for_each_piece(tmp_path: Path) -> None:
    text = "x = 1\nwhile true do end\nx\n"
    ended = repl(tmp_path, text, "--timeout", "3s")
    assert (ended.code, ended.out) == (124, "1\n")
    assert "time limit of 3 s" in ended.err


def test_an_engine_that_does_not_stop_is_replaced(tmp_path: Path) -> None:
    text = "x = 1\n('a'):rep(1e6):find(('.-'):rep(30) .. 'b')\n1 + 1\nx\n"
    ended = repl(tmp_path, text, "--timeout", "3s")
    assert (ended.code, ended.out) == (124, "2\n")
    assert "its variables are lost" in ended.err


def test_what_comes_first(tmp_path: Path) -> None:
    (tmp_path / "lib.js").write_text("const base = 40\n")
    flags = ["--preload", "lib.js", "--eval", "let y = base + 2", "--eval", "y"]
    assert repl(tmp_path, "y + 1\n", *flags) == Ended(0, "42\n43\n", "")
    assert repl(tmp_path, "", "--eval", "exit(3)", "--eval", "1").code == 3
    assert "lib.js is JavaScript" in repl(tmp_path, "", "-e", "lua", "--preload", "lib.js").err


def test_a_stream_and_a_model_call(tmp_path: Path) -> None:
    text = "LLM.stream('a b c')\nLLM.complete('hello')\n_\n.cost\n"
    ended = repl(tmp_path, text, "--model", "test:echo")
    assert ended.out.splitlines()[:3] == ["a b c", "hello", "hello"]
    assert ended.out.splitlines()[3].split() == ["requests", "2"]


@pytest.mark.parametrize(
    ("language", "call", "shown"),
    [
        ("lua", "LLM.stream('\\27[2J\\u{9b}a\\tb')", "\\x1B[2J\\u{9B}a\tb\n"),
        ("lua", "Agent.new{}:run('\\27[2Ja\\tb')", "\\x1B[2Ja\tb\n"),
        ("javascript", "LLM.stream('\\x1b[2J\\x9ba\\tb')", "\\x1b[2J\\x9ba\tb\n"),
        ("javascript", "await Agent.new({}).run('\\x1b[2Ja\\tb')", "\\x1b[2Ja\tb\n"),
    ],
)
def test_a_models_text_gives_a_terminal_no_orders(
    language: str, call: str, shown: str, tmp_path: Path
) -> None:
    ended = repl(tmp_path, call + "\n", "--engine", language, "--model", "test:echo")
    assert ended == Ended(0, shown, "")


def test_a_scripts_own_input_is_empty(tmp_path: Path) -> None:
    assert repl(tmp_path, "Stdin.read()\n'next'\n").out == '""\n"next"\n'


def test_a_budget_holds_for_the_session(tmp_path: Path) -> None:
    text = "LLM.complete('a')\nLLM.complete('b')\n"
    ended = repl(tmp_path, text, "--model", "test:echo", "--max-requests", "1")
    assert (ended.code, ended.out) == (5, "a\n")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (".doc Agent.new", "Makes an agent"),
        (".doc AgentOptions", "system_prompt"),
        (".doc Agent", "Agent:run"),
        (".type Agent.new", "Agent.new(options)"),
        (".limits", "256 MB"),
        (".permissions", "working folder"),
        (".tools", "calculator"),
        (".model test:echo", "test:echo"),
        (".trace on", "host calls are shown"),
        (".time 6 * 7", "42\n"),
        (".engine js", "javascript"),
        (".help", ".permissions"),
    ],
)
def test_dot_commands_show_what_they_should(line: str, shown: str, tmp_path: Path) -> None:
    ended = repl(tmp_path, line + "\n")
    assert (ended.code, ended.err) == (0, "")
    assert shown in ended.out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (".modle x", "did you mean '.model'?"),
        (".doc Agent.nwe", "did you mean 'Agent.new'?"),
        (".doc", ".doc NAME"),
        (".vars x", ".vars takes nothing after it"),
        (".engine ruby", "there is no engine 'ruby'"),
        (".model nothing:x", "no known provider"),
        (".trace maybe", "neither on nor off"),
        (".save x", "nothing was evaluated yet"),
        (".edit", "there is no terminal"),
        (".debug x.lua", "there is no terminal"),
        (".load 'x", "cannot be read"),
    ],
)
def test_dot_commands_say_what_is_wrong(line: str, said: str, tmp_path: Path) -> None:
    ended = repl(tmp_path, line + "\n")
    assert ended.code != 0
    assert said in ended.err


def test_agents_are_listed(tmp_path: Path) -> None:
    text = "Agent.new{ name = 'ann', model = 'test:echo', tools = { 'hash' } }\n.agents\n"
    assert "ann  test:echo  hash" in repl(tmp_path, text).out


def test_the_trace_shows_host_calls(tmp_path: Path) -> None:
    text = ".trace on\nFile.exists('x')\npcall(File.read, 'x')\n.trace off\nFile.exists('y')\n"
    ended = repl(tmp_path, text)
    assert 'trace: File.exists("x")' in ended.err
    assert 'File.read("x")' in ended.err and "failed: not_found" in ended.err
    assert '"y"' not in ended.err


def test_a_spell_runs_apart_from_the_session(tmp_path: Path) -> None:
    (tmp_path / "add.js").write_text(
        '// /// spell\n// name = "add"\n// [params.a]\n// type = "integer"\n// ///\n'
        "console.log(typeof x); export default params.a + 1\n"
    )
    (tmp_path / "bad.lua").write_text("local y = 1\nerror('inside')\n")
    ended = repl(tmp_path, "x = 5\n.run add.js a=2\n.run bad.lua\nx\n")
    assert (ended.code, ended.out) == (1, "undefined\n3\n5\n")
    assert "bad.lua:2" in ended.err and "2 | error('inside')" in ended.err


def test_it_is_ended_by_a_signal(tmp_path: Path) -> None:
    import signal
    import subprocess

    from tests.cli.running import PROGRAM, environment

    child = subprocess.Popen(
        [*PROGRAM, "repl"], cwd=tmp_path, env=environment(tmp_path),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write("print('ready')\nwhile true do end\n")
    child.stdin.flush()
    assert child.stdout.readline() == "ready\n"
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (130, "error: interrupted\n")
