"""The two front ends of the debugger behind one set of words, so that one table tests both."""

from __future__ import annotations

import json
import queue
import re
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.cli.running import PROGRAM, environment
from tests.debug.client import PATIENCE, Adapter, Refused

STOP = re.compile(r"(?P<why>.*?) at (?P<file>\S+):(?P<line>\d+) in (?P<name>.*?)(?:, task (.*))?")
FRAME = re.compile(r"[→ ] #\d+ (?P<file>\S+):(?P<line>\d+) in (?P<name>.*?)(?: \(awaits\))?")
POINT = re.compile(r"breakpoint \d+ at \S+?:(?P<line>\d+).*?(?: \(not set: (?P<why>.*)\))?")
STEPS = {"over": "next", "in": "step", "out": "finish"}


@dataclass(frozen=True)
class Place:
    """Where a spell stands, and why, as the front end words it."""

    why: str
    file: str
    line: int
    name: str


def plain(text: str) -> str:
    """Returns a value as both languages would write it: JavaScript quotes once, Lua twice."""
    return f'"{text[1:-1]}"' if len(text) > 1 and text[0] == text[-1] == "'" else text


class Wrong(AssertionError):
    """The debugger refused what was asked."""


class Driver(Protocol):
    """What a person does with a debugger, whichever it is."""

    def break_at(
        self, path: Path, line: int, condition: str = "", hit: str = "", log: str = ""
    ) -> str:
        """Sets one more breakpoint; returns why it is not set yet, empty where it is."""
        ...

    def catch(self, *what: str) -> None:
        """Stops at uncaught errors and at these."""
        ...

    def go(self, how: str = "continue") -> Place:
        """Goes on until the next stop; how: continue, over, in or out."""
        ...

    def resume(self) -> None:
        """Goes on, and does not wait."""
        ...

    def pause(self) -> Place:
        """Pauses a spell that runs, and has printed `begin`."""
        ...

    def run_to(self, path: Path, line: int) -> Place:
        """Goes on to a line."""
        ...

    def stack(self) -> list[tuple[str, str, int]]:
        """Returns function, file and line of each frame, innermost first."""
        ...

    def tasks(self) -> list[str]:
        """Returns the names of the tasks."""
        ...

    def locals(self, frame: int = 0) -> dict[str, str]:
        """Returns the variables of a frame that are no globals."""
        ...

    def globals(self) -> dict[str, str]:
        """Returns the globals."""
        ...

    def evaluate(self, source: str, frame: int = 0) -> str:
        """Returns the value of an expression; raises Wrong."""
        ...

    def assign(self, name: str, source: str, frame: int = 0) -> None:
        """Assigns; raises Wrong."""
        ...

    def request(self) -> dict[str, Any]:
        """Returns the held request."""
        ...

    def finish(self) -> tuple[int, str]:
        """Lets the spell run to its end; returns the exit code and what it printed."""
        ...


class Dap:
    """An editor."""

    def __init__(self, path: Path, *flags: str) -> None:
        self._adapter = Adapter(path.parent, "--dap", *flags)
        self._client = self._adapter.client
        self._points: dict[Path, list[dict[str, Any]]] = {}
        self._client.launch(path, stopOnEntry=True)
        self._client.ask("setExceptionBreakpoints", filters=["uncaught"])
        self._client.go()
        self._stopped()

    def _stopped(self) -> Place:
        body = self._client.await_event("stopped")
        self._thread = body["threadId"]
        self.body = body
        self._frames = self._client.stack(self._thread)
        top = self._frames[0]
        why = body.get("description") or body.get("text") or body["reason"]
        if body["reason"] == "breakpoint":
            why = f"breakpoint {body['hitBreakpointIds'][0]}"
        name = Path(top.get("source", {}).get("path") or top["source"]["name"]).name
        return Place(why, name, top["line"], top["name"])

    def break_at(
        self, path: Path, line: int, condition: str = "", hit: str = "", log: str = ""
    ) -> str:
        point: dict[str, Any] = {"line": line}
        more = {"condition": condition, "hitCondition": hit, "logMessage": log}
        point |= {key: text for key, text in more.items() if text}
        self._points.setdefault(path, []).append(point)
        found = self._client.breakpoints(path, *self._points[path])[-1]
        return "" if found["verified"] else found["message"]

    def catch(self, *what: str) -> None:
        names = {"model": "model call", "tool": "tool call", "step": "workflow step"}
        filters = ["uncaught", *(names.get(each, each) for each in what)]
        found = self._client.ask("setExceptionBreakpoints", filters=filters)["breakpoints"]
        assert all(each["verified"] for each in found)

    def go(self, how: str = "continue") -> Place:
        command = {"over": "next", "in": "stepIn", "out": "stepOut"}.get(how, how)
        self._client.ask(command, threadId=self._thread)
        return self._stopped()

    def resume(self) -> None:
        self._client.ask("continue", threadId=self._thread)

    def pause(self) -> Place:
        self._client.ask("pause", threadId=self._thread)
        return self._stopped()

    def run_to(self, path: Path, line: int) -> Place:
        # As editors do it: one more breakpoint, and continue.
        self._client.breakpoints(path, *self._points.get(path, []), line)
        place = self.go()
        self._client.breakpoints(path, *self._points.get(path, []))
        return place

    def stack(self) -> list[tuple[str, str, int]]:
        return [
            (f["name"].removesuffix(" (awaits)"), f["source"]["name"], f["line"])
            for f in self._frames
        ]

    def tasks(self) -> list[str]:
        return [thread["name"] for thread in self._client.ask("threads")["threads"]]

    def locals(self, frame: int = 0) -> dict[str, str]:
        found: dict[str, str] = {}
        scopes = self._client.ask("scopes", frameId=self._frames[frame]["id"])["scopes"]
        for scope in scopes:
            if scope["name"] != "Globals":
                variables = self._client.variables(scope["variablesReference"])
                found |= {name: plain(each["value"]) for name, each in variables.items()}
        return found

    def globals(self) -> dict[str, str]:
        found = self._client.scope(self._frames[0]["id"], "Globals")
        return {name: plain(each["value"]) for name, each in found.items()}

    def evaluate(self, source: str, frame: int = 0) -> str:
        frame_id = self._frames[frame]["id"]
        try:
            found = self._client.ask("evaluate", expression=source, frameId=frame_id)
        except Refused as error:
            raise Wrong(str(error)) from None
        return plain(str(found["result"]))

    def assign(self, name: str, source: str, frame: int = 0) -> None:
        frame_id = self._frames[frame]["id"]
        try:
            self._client.ask("setExpression", expression=name, value=source, frameId=frame_id)
        except Refused as error:
            raise Wrong(str(error)) from None

    def request(self) -> dict[str, Any]:
        scopes = self._client.ask("scopes", frameId=self._frames[0]["id"])["scopes"]
        assert scopes[0]["name"] == "Request"
        found = self._read(scopes[0]["variablesReference"], "map")
        assert isinstance(found, dict)
        return found

    def _read(self, reference: int, kind: str) -> Any:
        parts = self._client.variables(reference).values()
        values = {
            part["name"]: self._read(part["variablesReference"], part["type"])
            if part["variablesReference"]
            else json.loads(part["value"])
            for part in parts
        }
        return list(values.values()) if kind == "list" else values

    def finish(self) -> tuple[int, str]:
        self.resume()
        code = self._client.ended()
        printed = self._client.output("stdout")
        self._client.ask("disconnect")
        assert self._adapter.close() == (0, "")
        return code, printed

    def close(self) -> None:
        self._adapter.close()


class Terminal:
    """A person at a terminal, or a script."""

    def __init__(self, path: Path, *flags: str) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "debug", *flags, path.name],
            cwd=path.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(path.parent),
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._marks = 0
        self.printed: list[str] = []
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        self._stopped(self._do())

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.decode().rstrip("\n"))
        self._lines.put(None)

    def _send(self, *commands: str) -> None:
        assert self.process.stdin
        self.process.stdin.write("".join(f"{command}\n" for command in commands).encode())
        self.process.stdin.flush()

    def _do(self, *commands: str) -> list[str]:
        """Does commands; returns the lines shown until the spell stands still again."""
        self._marks += 1
        mark = str(990_000_000 + self._marks)  # both languages write a number the same
        self._send(*commands, f"print {mark}")
        found = []
        while (line := self._line()) != mark:
            found.append(line)
        return found

    def _line(self) -> str:
        try:
            line = self._lines.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError("the debugger says nothing") from None
        if line is None:
            self.process.wait(PATIENCE)
            assert self.process.stderr
            raise AssertionError(f"the debugger ended: {self.process.stderr.read().decode()}")
        return line

    def _stopped(self, lines: list[str]) -> Place:
        for index, line in enumerate(lines):
            match = STOP.fullmatch(line)
            if match:
                self.printed += lines[:index]
                self.shown = lines[index:]
                return Place(match["why"], match["file"], int(match["line"]), match["name"])
        raise AssertionError(f"no stop in {lines}")

    def _ask(self, *commands: str) -> list[str]:
        lines = self._do(*commands)
        for line in lines:
            if line.startswith("error: "):
                raise Wrong(line.removeprefix("error: "))
        return lines

    def _in_frame(self, frame: int, *commands: str) -> list[str]:
        if not frame:
            return self._ask(*commands)
        shown = len(self._ask(f"up {frame}"))
        assert shown
        try:
            return self._ask(*commands)
        finally:
            self._ask(f"down {frame}")

    def break_at(
        self, path: Path, line: int, condition: str = "", hit: str = "", log: str = ""
    ) -> str:
        command = f"break {path}:{line}"
        rules = {"if": condition, "hits": hit, "log": log}
        command += "".join(f" {word} {text}" for word, text in rules.items() if text)
        match = POINT.fullmatch(self._ask(command)[0])
        assert match
        return match["why"] or ""

    def catch(self, *what: str) -> None:
        self._ask(*(f"catch {each}" for each in what))

    def go(self, how: str = "continue") -> Place:
        return self._stopped(self._do(STEPS.get(how, how)))

    def resume(self) -> None:
        self._send("continue")

    def pause(self) -> Place:
        while (line := self._line()) != "begin":  # at the prompt, Ctrl-C means something else
            self.printed.append(line)
        self.printed.append(line)
        self.process.send_signal(signal.SIGINT)
        return self._stopped(self._do())

    def run_to(self, path: Path, line: int) -> Place:
        return self._stopped(self._do(f"until {path}:{line}"))

    def stack(self) -> list[tuple[str, str, int]]:
        found = []
        for line in self._ask("where"):
            match = FRAME.fullmatch(line)
            assert match, line
            found.append((match["name"], Path(match["file"]).name, int(match["line"])))
        return found

    def tasks(self) -> list[str]:
        return [line[2:].partition(" ")[2] for line in self._ask("tasks")]

    def locals(self, frame: int = 0) -> dict[str, str]:
        return self._variables(self._in_frame(frame, "locals"))

    def globals(self) -> dict[str, str]:
        return self._variables(self._ask("globals"))

    def _variables(self, lines: list[str]) -> dict[str, str]:
        found = {}
        for line in lines:
            name, mark, text = line.partition(" = ")
            if mark and line.startswith("  "):
                found[name.strip()] = plain(text)
        return found

    def evaluate(self, source: str, frame: int = 0) -> str:
        return plain("\n".join(self._in_frame(frame, f"print {source}")))

    def assign(self, name: str, source: str, frame: int = 0) -> None:
        self._in_frame(frame, f"set {name} = {source}")

    def request(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads("\n".join(self._ask("request")))
        return found

    def finish(self) -> tuple[int, str]:
        self._send("continue")
        while (line := self._lines.get(timeout=PATIENCE)) is not None:
            self.printed.append(line)
        printed = [line for line in self.printed if not POINT.fullmatch(line)]
        return self.process.wait(PATIENCE), "".join(f"{line}\n" for line in printed)

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout and self.process.stderr
        try:
            self.process.stdin.close()
            self.process.wait(PATIENCE)
        except (OSError, subprocess.TimeoutExpired):
            pass
        finally:
            self.process.kill()
            self.process.wait()
            self._listening.join(PATIENCE)
            self.process.stdout.close()
            self.process.stderr.close()


DRIVERS: dict[str, type[Dap] | type[Terminal]] = {"dap": Dap, "terminal": Terminal}
