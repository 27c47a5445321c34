"""A program under `--watch`, for tests: what it says so far, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

from tests.cli.running import environment

PATIENCE = 60.0


class Watching:
    """`llmspell run --watch` in a folder; a context manager that leaves no process behind."""

    def __init__(self, folder: Path, *arguments: str, **more: Any) -> None:
        self._text = ""
        self._seen = 0
        self._news = threading.Condition()
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **more}
        self.process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-m", "llmspell_cli", "run", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            env=environment(folder),
            **more,
        )
        stream = self.process.stdout or self.process.stderr
        assert stream is not None
        threading.Thread(target=self._read, args=(stream.fileno(),), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What it has started ends with it: the tests of that look for themselves.
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def _read(self, fd: int) -> None:
        while True:
            try:
                data = os.read(fd, 4096)
            except OSError:
                data = b""
            with self._news:
                self._text += data.decode("utf-8", "replace")
                self._news.notify_all()
            if not data:
                return

    @property
    def text(self) -> str:
        """Everything it has said."""
        with self._news:
            return self._text

    def says(self, pattern: str) -> re.Match[str]:
        """Waits until it says what matches, after what was waited for last; returns the match."""
        end = time.monotonic() + PATIENCE
        with self._news:
            while not (found := re.compile(pattern, re.M).search(self._text, self._seen)):
                left = end - time.monotonic()
                assert left > 0, f"{pattern!r} is not in:\n{self._text[self._seen :]}"
                self._news.wait(left)
            self._seen = found.end()
            return found

    def end(self, number: int = signal.SIGINT) -> int:
        """Sends a signal and returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)


def rewrite(path: Path, text: str) -> None:
    """Writes a file in one step: whoever watches it never sees a half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.tmp")
    new.write_text(text, encoding="utf-8")
    new.rename(path)
