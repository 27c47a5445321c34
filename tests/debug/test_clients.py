"""Clients that are rude, lost or malicious, and spells that are stuck, crash or talk too much."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.running import PROGRAM, environment, llmspell
from tests.debug import spells
from tests.debug.client import PATIENCE, Adapter, Port, Refused
from tests.debug.drivers import Terminal
from tests.debug.spells import line_of, write
from tests.processes import children, vanish

both = pytest.mark.parametrize("language", ["lua", "javascript"])
STUCK = {
    # One call of the engine's own, which nothing but a kill ends.
    "lua": 'print("begin")\nstring.rep("a", 40):find(string.rep("a*", 40) .. "b")\n',
    "javascript": 'console.log("begin");\n/(a*)*(a*)*(a*)*b/.test("a".repeat(60));\n',
}
CRASHING = {
    "lua": "local t = {}\nwhile true do t[#t + 1] = string.rep('x', 1000000) end\n",
    "javascript": "const t = [];\nfor (;;) t.push(new Array(100000).fill({}));\n",
}
FRAMED = b"Content-Length: %d\r\n\r\n%s"


def resident(pid: int) -> int:
    """Returns the bytes of memory that a process has."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


# -- what is no message


@pytest.mark.parametrize(
    "data,why",
    [
        (b"Content-Length: 99999999999\r\n\r\n", "announced a message of '99999999999' bytes"),
        (b"Content-Length: 17000000\r\n\r\n", "announced a message of '17000000' bytes"),
        (b"Content-Length: -5\r\n\r\n", "announced a message"),
        (b"Content-Length: many\r\n\r\n", "announced a message"),
        (b"\r\n\r\n", "without Content-Length"),
        (b"x" * 200_000, "header that does not end"),
        (b"Content-Type: a\r\n" * 20, "too many headers"),
        (FRAMED % (5, b"{nope"), "not JSON"),
        (FRAMED % (100_000, b"[" * 100_000), "not JSON"),
        (FRAMED % (2, b"[]"), "without a number"),
        (FRAMED % (2, b"{}"), "without a number"),
        (FRAMED % (28, b'{"seq": 1,"type": "request"}'), "without a command"),
        (
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}",
            "does not speak the Debug Adapter Protocol",
        ),
        (b"Content-Length: 2\r\nOrigin: http://evil\r\n\r\n{}", "does not speak"),
    ],
)
def test_nonsense_ends_in_order(data: bytes, why: str, tmp_path: Path) -> None:
    with Adapter(tmp_path, "--dap") as adapter:
        assert adapter.process.stdin
        with suppress(BrokenPipeError):  # it has read enough, and was quicker than we
            adapter.process.stdin.write(data)
            adapter.process.stdin.flush()
        code, said = adapter.close()
    assert code == 1
    assert why in said and "Traceback" not in said


@pytest.mark.parametrize("data", [b"", b"Content-Le", b"Content-Length: 50\r\n\r\n{"])
def test_a_client_that_leaves_in_the_middle(data: bytes, tmp_path: Path) -> None:
    with Adapter(tmp_path, "--dap") as adapter:
        assert adapter.process.stdin
        adapter.process.stdin.write(data)
        assert adapter.close() == (0, "")


def test_nonsense_ends_the_worker_too(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.BUSY)
    with Adapter(tmp_path, "--dap") as adapter:
        adapter.client.launch(path)
        adapter.client.go()
        adapter.client.await_event("output")
        workers = children(adapter.process.pid)
        assert len(workers) == 1
        adapter.client.raw(b"nonsense")
        code, said = adapter.close()
        assert code == 1 and "not JSON" in said
        assert vanish(workers)


# -- what is out of order


def test_requests_before_their_time(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        with pytest.raises(Refused, match="after initialize"):
            client.ask("launch", program=str(path))
        with pytest.raises(Refused, match="too early"):
            client.ask("configurationDone")
        client.initialize()
        with pytest.raises(Refused, match="initialize comes once"):
            client.initialize()
        with pytest.raises(Refused, match="too early"):
            client.ask("threads")
        with pytest.raises(Refused, match="the debugger has no stepBack"):
            client.ask("stepBack", threadId=1)
        client.send("launch", program=str(path), stopOnEntry=True)
        client.await_event("initialized")
        with pytest.raises(Refused, match="once"):
            client.ask("launch", program=str(path))
        with pytest.raises(Refused, match="not started"):
            client.ask("pause", threadId=1)
        with pytest.raises(Refused, match="running"):
            client.ask("stackTrace", threadId=1)
        client.go()
        client.stopped("entry")
        with pytest.raises(Refused, match="configurationDone comes once"):
            client.go()
        with pytest.raises(Refused, match="expression is missing"):
            client.raw(b'{"seq": 90, "type": "request", "command": "evaluate"}')
            client.answer(90)
        client.raw(b'{"seq": 91, "type": "event", "event": "whatever"}')
        client.raw(b'{"seq": 92, "type": "response", "request_seq": 1, "success": true}')
        assert client.ask("threads")["threads"]
        client.ask("disconnect")
        assert adapter.close() == (0, "")


# -- how sessions end


@both
@pytest.mark.parametrize("state", ["running", "stopped", "ready"])
def test_the_worker_ends_with_the_client(language: str, state: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.BUSY)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path, stopOnEntry=state == "stopped")
        if state == "stopped":
            client.go()
            client.stopped("entry")
        elif state == "running":
            client.go()
            client.await_event("output")
        workers = children(adapter.process.pid)
        assert len(workers) == 1
        assert adapter.close() == (0, "")
        assert vanish(workers)


@both
def test_terminate_ends_a_spell_that_stands_or_runs(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.BUSY)
    for stops in (True, False):
        with Adapter(tmp_path, "--dap") as adapter:
            client = adapter.client
            client.launch(path, stopOnEntry=stops)
            client.go()
            client.await_event("stopped" if stops else "output")
            workers = children(adapter.process.pid)
            client.ask("terminate")
            assert client.ended() == 130
            client.ask("disconnect")
            assert adapter.close() == (0, "")
            assert vanish(workers)


def test_a_signal_ends_the_adapter_and_the_worker(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.BUSY)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with Adapter(tmp_path, "--dap") as adapter:
            adapter.client.launch(path)
            adapter.client.go()
            adapter.client.await_event("output")
            workers = children(adapter.process.pid)
            adapter.process.send_signal(number)
            code, said = adapter.close()
            assert (code, said) == (130, "")
            assert vanish(workers)


# -- ports


def test_a_port_serves_one_client_after_another(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    with Port(tmp_path) as port:
        for _ in range(2):
            client = port.connect()
            client.launch(path)
            client.go()
            assert client.ended() == 0
            client.ask("disconnect")
        busy = port.connect()
        busy.initialize()
        with socket.create_connection(("127.0.0.1", port.port), PATIENCE) as second:
            second.settimeout(PATIENCE)
            assert second.recv(1) == b""
        busy.ask("disconnect")
        port.process.terminate()
        assert port.wait() == (130, "", "")


def test_a_rude_client_does_not_keep_others_from_the_port(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.BUSY)
    with Port(tmp_path) as port:
        rude = port.connect()
        rude.raw(b"nonsense")
        client = port.connect_when_free()
        client.launch(path)
        client.go()
        client.await_event("output")
        workers = children(port.process.pid)
        port.hang_up()
        assert vanish(workers)
        polite = port.connect_when_free()
        polite.launch(path, stopOnEntry=True)
        polite.go()
        polite.stopped("entry")
        polite.ask("disconnect")
        port.process.terminate()
        code, _, said = port.wait()
        assert code == 130
        assert "not JSON" in said and "Traceback" not in said


def test_attach_debugs_the_file_and_ends_with_its_code(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.ERRORS)
    with Port(tmp_path, path.name) as port:
        client = port.connect()
        client.initialize()
        client.send("attach", stopOnEntry=True)
        client.await_event("initialized")
        client.breakpoints(path, line_of(path, "throw"))
        client.go()
        client.stopped("entry")
        client.ask("continue", threadId=1)
        client.stopped("breakpoint")
        client.breakpoints(path)
        client.ask("continue", threadId=1)
        assert client.ended() == 1
        client.ask("disconnect")
        assert port.wait() == (1, "", "")


def test_an_attached_client_may_let_go(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    with Port(tmp_path, path.name) as port:
        client = port.connect()
        client.initialize()
        client.send("attach", stopOnEntry=True)
        client.await_event("initialized")
        client.breakpoints(path, line_of(path, "sum"))
        client.go()
        client.stopped("entry")
        client.ask("disconnect")
        assert port.wait() == (0, "doubled\t30\n15\n", "")


def test_attach_needs_a_file(tmp_path: Path) -> None:
    with Adapter(tmp_path, "--dap") as adapter:
        adapter.client.initialize()
        with pytest.raises(Refused, match="llmspell debug --listen"):
            adapter.client.ask("attach", stopOnEntry=True)


@pytest.mark.parametrize(
    "address,why",
    [
        ("0.0.0.0:0", "other machines may reach"),
        ("192.0.2.1:0", "other machines may reach"),
        ("example.com:0", "other machines may reach"),
        ("nonsense", "not an address"),
        ("127.0.0.1:99999", "not an address"),
    ],
)
def test_addresses_that_are_refused(address: str, why: str, tmp_path: Path) -> None:
    ended = llmspell(tmp_path, "debug", "--listen", address)
    assert ended.code == 2
    assert why in ended.err


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        ended = llmspell(tmp_path, "debug", "--listen", address)
    assert ended.code == 1
    assert "error: " in ended.err and "Traceback" not in ended.err


# -- spells that are no pleasure


@both
def test_a_stuck_spell_does_not_take_the_debugger_with_it(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, STUCK)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path)
        client.go()
        client.await_event("output")
        client.send("pause", threadId=1)
        assert client.send("threads")
        client.ask("terminate")
        assert client.ended() == 130
        client.ask("disconnect")
        assert adapter.close() == (0, "")


@both
def test_a_spell_that_runs_out_of_memory(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, CRASHING)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path, memory="64MB")
        client.ask("setExceptionBreakpoints", filters=[])
        client.go()
        assert client.ended() == 125
        client.ask("disconnect")
        assert adapter.close() == (0, "")


def test_a_worker_that_is_killed(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.BUSY)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path, stopOnEntry=True)
        client.go()
        client.stopped("entry")
        os.kill(children(adapter.process.pid)[0], signal.SIGKILL)
        assert client.ended() == 1
        assert "crashed" in client.output("stderr")
        with pytest.raises(Refused):
            client.ask("stackTrace", threadId=1)
        client.ask("disconnect")
        assert adapter.close() == (0, "")


@both
def test_a_chatty_spell_is_paused_and_ended(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.CHATTY)
    with Adapter(tmp_path, "--dap", "--output-limit", "1GB") as adapter:
        client = adapter.client
        client.launch(path)
        client.go()
        client.await_event("output")
        client.ask("pause", threadId=1)
        assert client.stopped("pause")
        client.ask("terminate")
        assert client.ended() == 130, client.output("stderr")
        client.ask("disconnect")
        assert adapter.close() == (0, "")


def test_a_client_that_does_not_read_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.CHATTY)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*PROGRAM, "debug", "--dap", "--output-limit", "10GB"],
        cwd=tmp_path,
        stdin=pipe,
        stdout=pipe,
        stderr=subprocess.DEVNULL,
        env=environment(tmp_path),
    ) as process:
        assert process.stdin and process.stdout
        commands = [
            ("initialize", {"adapterID": "x"}),
            ("launch", {"program": str(path)}),
            ("configurationDone", {}),
        ]
        for seq, (command, arguments) in enumerate(commands, 1):
            message = {"seq": seq, "type": "request", "command": command, "arguments": arguments}
            body = json.dumps(message).encode()
            process.stdin.write(FRAMED % (len(body), body))
        process.stdin.flush()
        seen = b""
        while b"xxxxx" not in seen:
            seen = seen[-10:] + os.read(process.stdout.fileno(), 4096)
        # Once everything between is full, it grows no more.
        last, before = time.monotonic() + PATIENCE, 0
        while (size := resident(process.pid)) - before >= 1_000_000:
            assert size < 200_000_000 and time.monotonic() < last
            before = size
            time.sleep(2.0)
        workers = children(process.pid)
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
        assert vanish(workers)


@both
def test_logpoints_in_a_hot_loop(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.LOGGING)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path)
        client.breakpoints(path, {"line": 3, "logMessage": "n is {n}"})
        client.go()
        client.await_event("output", lambda body: body["output"] == "n is 10\n")
        client.ask("pause", threadId=1)
        assert client.stopped("pause")
        client.ask("terminate")
        assert client.ended() == 130, client.output("stderr")


# -- no process is left


@pytest.mark.parametrize("seed", range(8))
def test_no_process_outlives_a_hundred_random_runs(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    paths = []
    for language in ("lua", "javascript"):
        for name in ("SUMS", "BUSY", "PROMISES", "CHATTY"):
            folder = tmp_path / f"{language}_{name}"
            folder.mkdir()
            paths.append(write(folder, language, getattr(spells, name)))
    started: list[int] = []
    for number in range(13):
        run = _run_terminal if number % 4 == 0 else _run_dap
        started += run(chance.choice(paths), chance)
    assert len(started) >= 13 and vanish(started)


def _run_dap(path: Path, chance: random.Random) -> list[int]:
    with Adapter(path.parent, "--dap") as adapter:
        client = adapter.client
        client.launch(path, stopOnEntry=chance.random() < 0.5)
        if chance.random() < 0.9:
            client.go()
            client.await_event("process")
        time.sleep(chance.random() * 0.1)
        pids = [adapter.process.pid, *children(adapter.process.pid)]
        end = chance.choice(["kill", "close", "terminate", "disconnect", "signal"])
        if end == "kill":
            adapter.process.kill()
        elif end == "signal":
            adapter.process.terminate()
        elif end != "close":
            client.send(end)
    return pids


def _run_terminal(path: Path, chance: random.Random) -> list[int]:
    terminal = Terminal(path)
    try:
        if chance.random() < 0.5:
            terminal.resume()
        time.sleep(chance.random() * 0.1)
        pids = [terminal.process.pid, *children(terminal.process.pid)]
        end = chance.choice(["kill", "close", "signal"])
        if end == "kill":
            terminal.process.kill()
        elif end == "signal":
            terminal.process.terminate()
    finally:
        terminal.close()
    return pids
