"""A DAP client for tests: every message, in both directions, is checked against the schema."""

from __future__ import annotations

import json
import queue
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Self

from tests.cli.running import PROGRAM, environment
from tests.debug.schema import check

PATIENCE = 60.0
"""Seconds to wait for what must come; a loaded machine is slow."""


class Refused(AssertionError):
    """The adapter answered with an error."""


class Client:
    """A client on a pair of streams.

    events: everything heard and not yet awaited, in order; said: every event; order: all messages
    """

    def __init__(self, reader: IO[bytes], writer: IO[bytes]) -> None:
        self._reader, self._writer = reader, writer
        self._seq = 0
        self._heard: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.events: list[dict[str, Any]] = []
        self.said: list[dict[str, Any]] = []
        self.order: list[dict[str, Any]] = []
        self.responses: dict[int, dict[str, Any]] = {}
        self.listening = threading.Thread(target=self._listen, daemon=True)
        self.listening.start()

    # -- messages

    def send(self, command: str, **arguments: Any) -> int:
        """Sends a request and returns its number; does not wait."""
        self._seq += 1
        message = {"seq": self._seq, "type": "request", "command": command}
        if arguments:
            message["arguments"] = arguments
        check(message)
        self.raw(json.dumps(message).encode())
        return self._seq

    def raw(self, body: bytes) -> None:
        """Sends a body as it is."""
        self._writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._writer.flush()

    def answer(self, seq: int) -> dict[str, Any]:
        """Waits for the body of an answer; an error is raised as Refused."""
        self._until(lambda: seq in self.responses, f"the answer to {seq}")
        response = self.responses[seq]
        if not response["success"]:
            raise Refused(response["message"])
        body: dict[str, Any] = response.get("body", {})
        return body

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Sends a request and waits for the body of its answer."""
        return self.answer(self.send(command, **arguments))

    def refusal(self, command: str) -> str:
        """Sends a bare request, whatever the schema says, and returns why it is refused."""
        self._seq += 1
        seq = self._seq
        self.raw(json.dumps({"seq": seq, "type": "request", "command": command}).encode())
        self._until(lambda: seq in self.responses, f"the answer to {command}")
        return str(self.responses[seq].get("message", ""))

    def refused_early(self) -> None:
        """Waits for the answer to the first request, whatever it is."""
        self._until(lambda: bool(self.responses), "an answer")

    def await_event(self, name: str, fits: Callable[[Any], bool] | None = None) -> Any:
        """Waits for an event that was not awaited before, and returns its body."""

        def found() -> int | None:
            for index, message in enumerate(self.events):
                if message["event"] == name and (not fits or fits(message.get("body", {}))):
                    return index
            return None

        self._until(lambda: found() is not None, f"the event {name}")
        index = found()
        assert index is not None
        return self.events.pop(index).get("body", {})

    def _until(self, there: Callable[[], bool], what: str) -> None:
        while not there():
            try:
                message = self._heard.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"{what} does not come; {self.tail()}") from None
            if message is None:
                raise AssertionError(f"the adapter closed before {what}; {self.tail()}")
            self.order.append(message)
            if message["type"] == "event":
                self.events.append(message)
                self.said.append(message)
            else:
                self.responses[message["request_seq"]] = message

    def tail(self) -> str:
        """Returns the last messages, for a failure."""
        return json.dumps([*self.said[-6:], *list(self.responses.values())[-3:]])[-3000:]

    def _listen(self) -> None:
        try:
            while True:
                headers = b""
                while not headers.endswith(b"\r\n\r\n"):
                    piece = self._reader.read(1)
                    if not piece:
                        return
                    headers += piece
                match = re.fullmatch(rb"Content-Length: (\d+)\r\n\r\n", headers)
                assert match, headers
                message = json.loads(self._reader.read(int(match[1])))
                try:
                    check(message)
                except AssertionError as error:
                    message = {"type": "event", "event": f"WRONG {error}"}
                self._heard.put(message)
        except (OSError, ValueError):
            pass
        finally:
            self._heard.put(None)

    def close(self) -> None:
        """Closes both streams, whoever is at the other end."""
        for stream in (self._reader, self._writer):
            try:
                stream.close()
            except OSError:
                pass

    # -- sessions

    def initialize(self, **more: Any) -> dict[str, Any]:
        """Shakes hands and returns the capabilities."""
        return self.ask("initialize", adapterID="llmspell", **more)

    def launch(self, program: Path | str, **options: Any) -> int:
        """Shakes hands and launches; returns the number of the request, when it is accepted."""
        self.initialize()
        seq = self.send("launch", program=str(program), **options)
        self._until(
            lambda: seq in self.responses or any(e["event"] == "initialized" for e in self.events),
            "initialized",
        )
        if seq in self.responses:
            self.answer(seq)
        self.await_event("initialized")
        return seq

    def breakpoints(self, path: Path, *points: int | dict[str, Any]) -> list[dict[str, Any]]:
        """Sets the breakpoints of a file, and returns what the adapter says of them."""
        wanted = [{"line": p} if isinstance(p, int) else p for p in points]
        body = self.ask("setBreakpoints", source={"path": str(path)}, breakpoints=wanted)
        found: list[dict[str, Any]] = body["breakpoints"]
        assert len(found) == len(points)
        return found

    def go(self) -> None:
        """Ends the configuration: the spell begins."""
        self.ask("configurationDone")

    def stopped(self, reason: str) -> dict[str, Any]:
        """Waits for the spell to stand still, for a reason, and returns the event's body."""
        body: dict[str, Any] = self.await_event("stopped")
        assert body["reason"] == reason, body
        return body

    def stack(self, thread: int) -> list[dict[str, Any]]:
        """Returns the frames of a thread."""
        frames: list[dict[str, Any]] = self.ask("stackTrace", threadId=thread)["stackFrames"]
        return frames

    def scope(self, frame: int, name: str) -> dict[str, dict[str, Any]]:
        """Returns the variables of a scope of a frame, by name."""
        scopes = {s["name"]: s for s in self.ask("scopes", frameId=frame)["scopes"]}
        assert name in scopes, list(scopes)
        return self.variables(scopes[name]["variablesReference"])

    def variables(self, reference: int, **page: int) -> dict[str, dict[str, Any]]:
        """Returns the variables behind a reference, by name."""
        found = self.ask("variables", variablesReference=reference, **page)["variables"]
        return {variable["name"]: variable for variable in found}

    def ended(self) -> int:
        """Waits for the spell's end and returns its exit code."""
        code: int = self.await_event("exited")["exitCode"]
        self.await_event("terminated")
        return code

    def output(self, category: str) -> str:
        """Returns everything of a category of output that was heard so far."""
        return "".join(
            m["body"]["output"]
            for m in self.said
            if m["event"] == "output" and m["body"]["category"] == category
        )


class Adapter:
    """`llmspell debug --dap` as a process, and a client of it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "debug", *arguments],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(folder),
        )
        assert self.process.stdin and self.process.stdout
        self._ended: tuple[int, str] | None = None
        self.client = Client(self.process.stdout, self.process.stdin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> tuple[int, str]:
        """Closes the client's end and returns the exit code and what was said on stderr."""
        assert self.process.stdin and self.process.stderr and self.process.stdout
        if self._ended is not None:
            return self._ended
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            code = self.process.wait(timeout=PATIENCE)
        finally:
            self.process.kill()
            said = self.process.stderr.read().decode()
            self.process.stderr.close()
            self.process.wait()
            self.client.listening.join(PATIENCE)
            self.process.stdout.close()
        self._ended = code, said
        return self._ended


class Port:
    """`llmspell debug --listen` as a process, to which clients connect."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "debug", "--listen", "127.0.0.1:0", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(folder),
        )
        assert self.process.stdout
        line = self.process.stdout.readline().decode()
        match = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)
        assert match, line
        self.port = int(match[1])
        self._clients: list[tuple[Client, socket.socket]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._clients:
            self.hang_up()
        self.process.terminate()
        self.wait()

    def connect(self) -> Client:
        """Connects a client."""
        connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        client = Client(connection.makefile("rb"), connection.makefile("wb"))
        self._clients.append((client, connection))
        return client

    def connect_when_free(self) -> Client:
        """Connects a client, again until the one before is gone."""
        while True:
            client = self.connect()
            try:
                client.send("threads")
                client.refused_early()
                return client
            except (AssertionError, OSError):
                self.hang_up()
                time.sleep(0.05)

    def hang_up(self) -> None:
        """Cuts the last client off."""
        client, connection = self._clients.pop()
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:  # the other end was quicker
            pass
        client.listening.join(PATIENCE)
        client.close()
        connection.close()

    def wait(self) -> tuple[int, str, str]:
        """Waits for the end: the exit code, and the rest of standard output and error."""
        try:
            self.process.wait(timeout=PATIENCE)
        finally:
            self.process.kill()
        if self.process.stdout and not self.process.stdout.closed:
            self.out, self.err = (part.decode() for part in self.process.communicate())
        return self.process.returncode, self.out, self.err
