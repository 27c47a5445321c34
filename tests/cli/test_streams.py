"""Standard input and output as a Unix tool has them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import PROGRAM, environment, llmspell

PRINTS = {
    "lua": "print('said') return {n = 1, list = {}}",
    "js": "console.log('said'); ({n: 1, list: []})",
}


@pytest.mark.parametrize("suffix", PRINTS)
def test_json_is_one_document_and_prints_go_to_standard_error(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"s.{suffix}").write_text(PRINTS[suffix])
    ended = llmspell(tmp_path, "run", f"s.{suffix}", "--output", "json")
    document = json.loads(ended.out)
    assert document["ok"] is True
    assert document["value"]["n"] == 1
    assert ended.err == "said\n"


@pytest.mark.parametrize("suffix", PRINTS)
def test_text_prints_the_value_after_the_prints(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"s.{suffix}").write_text(PRINTS[suffix])
    said, _, rest = llmspell(tmp_path, "run", f"s.{suffix}").out.partition("\n")
    assert said == "said"
    assert json.loads(rest)["n"] == 1


def test_a_failure_is_a_json_document_too(tmp_path: Path) -> None:
    ended = llmspell(tmp_path, "eval", "error('no')", "--output", "json")
    document = json.loads(ended.out)
    assert (ended.code, document["ok"], document["error"]["code"]) == (1, False, "spell_error")


@pytest.mark.parametrize("code", [0, 3])
def test_leaving_by_exit_is_a_document_and_an_event_too(code: int, tmp_path: Path) -> None:
    ended = llmspell(tmp_path, "eval", f"exit({code})", "--output", "json")
    document = json.loads(ended.out)
    assert (ended.code, document["ok"], document["exit"]) == (code, code == 0, code)
    lines = llmspell(tmp_path, "eval", f"exit({code})", "--output", "jsonl").out.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["start", "exit"]


def test_jsonl_is_one_event_a_line(tmp_path: Path) -> None:
    code = "print('é') Logger.warn('careful', {n = 1}) return 5"
    ended = llmspell(tmp_path, "eval", code, "--output", "jsonl")
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert [event["event"] for event in events] == ["start", "print", "log", "result"]
    assert events[1]["text"] == "é\n"
    assert events[-1]["value"] == 5


def test_text_is_raw_and_nothing_is_nothing(tmp_path: Path) -> None:
    assert llmspell(tmp_path, "eval", "return 'plain'").out == "plain\n"
    assert llmspell(tmp_path, "eval", "return nil").out == ""
    assert llmspell(tmp_path, "eval", "-", stdin="return 'from stdin'").out == "from stdin\n"


def test_standard_input_is_read_only_when_the_spell_reads_it(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{{ {' '.join(PROGRAM)} eval 'return 1'; cat; }}"],
        input=b"kept",
        cwd=tmp_path,
        capture_output=True,
        env=environment(tmp_path),
    )
    assert done.stdout == b"1\nkept"


@pytest.mark.parametrize(
    "suffix,source", [("lua", "return Stdin.read()"), ("js", "return await Stdin.read()")]
)
def test_a_spell_reads_standard_input(suffix: str, source: str, tmp_path: Path) -> None:
    (tmp_path / f"s.{suffix}").write_text(source)
    assert llmspell(tmp_path, f"s.{suffix}", stdin="líne\n").out == "líne\n"


@pytest.mark.parametrize("flags", [(), ("--output", "json"), ("--output", "jsonl")])
def test_a_full_disk_is_a_failure(flags: tuple[str, ...], tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*PROGRAM, "eval", "print('x') return 1", *flags],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(tmp_path),
        )
    assert done.returncode == 1
    assert b"No space left" in done.stderr and b"Traceback" not in done.stderr


def test_a_closed_pipe_is_a_failure_and_quick(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            "bash",
            "-c",
            f"{' '.join(PROGRAM)} eval 'while true do print(1) end' | head -1; "
            "echo ${PIPESTATUS[0]}",
        ],
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        env=environment(tmp_path),
    )
    assert done.stdout == b"1\n1\n"
    assert b"Traceback" not in done.stderr


def test_a_reader_that_never_reads_does_not_outlast_the_time_limit(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [*PROGRAM, "eval", "while true do print(1) end", "--timeout", "1s"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    )
    # The pipe fills and nobody reads: the limit has to end it all the same.
    assert running.wait(timeout=60) == 124
    running.communicate()


def test_an_unreadable_standard_input_is_a_clear_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "eval", "return Stdin.read()"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(tmp_path),
        preexec_fn=lambda: __import__("os").close(0),
    )
    assert done.returncode == 1
    assert b"standard input" in done.stderr and b"Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["text", "json", "jsonl"])
def test_a_standard_output_that_was_closed_is_a_failure_once_it_is_needed(
    form: str, tmp_path: Path
) -> None:
    run = f'{" ".join(PROGRAM)} eval "$0" --output {form} <&- >&-'

    def closed(code: str) -> subprocess.CompletedProcess[bytes]:
        command = ["bash", "-c", run, code]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, timeout=60, env=environment(tmp_path)
        )

    ended = closed("return 1")
    assert ended.returncode == 1
    assert b"cannot write to standard output: it is closed" in ended.stderr
    if form == "text":
        assert (closed("return nil").returncode, closed("exit(7)").returncode) == (0, 7)


def test_code_that_is_no_text_is_a_clear_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "eval", b"return '\xff'"],
        cwd=tmp_path,
        capture_output=True,
        env=environment(tmp_path),
    )
    assert done.returncode == 1
    assert b"the code" in done.stderr and b"UTF-8" in done.stderr
