"""A terminal for tests: a program in tmux, what is typed into it, what its screen shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

TIMEOUT = 100.0
"""Seconds that something may take to appear: only a failure takes them."""


class Terminal:
    """One program in a tmux of its own; a context manager that ends both."""

    def __init__(self, folder: Path, command: str, *, width: int = 100, height: int = 30) -> None:
        """folder: the working directory; command: for the shell"""
        # A path of its own (another terminal's server may still be ending), and a short one.
        self._socket = Path(tempfile.mkdtemp(prefix="tmux-")) / "socket"
        # The home is not above the working directory: nothing of the developer's is read.
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "LANG": "C.UTF-8",
            "EDITOR": os.environ.get("TEST_EDITOR", "false"),
            "SHELL": "/bin/sh",
        }
        self._environ = environ
        (folder / "home").mkdir(exist_ok=True)
        (folder / "work").mkdir(exist_ok=True)
        self.work = folder / "work"
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height),
            "-c", str(self.work), f"trap : INT; {command}; echo \"ended with $?\"; exec sleep 3600",
        )  # fmt: skip

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")
        shutil.rmtree(self._socket.parent, ignore_errors=True)

    def type(self, text: str) -> None:
        """Types text, as it is."""
        self._tmux("send-keys", "-l", "--", text)

    def press(self, *keys: str) -> None:
        """Presses keys by tmux's names, such as `Enter`, `Tab`, `C-c`."""
        self._tmux("send-keys", *keys)

    def paste(self, text: str) -> None:
        """Pastes text as a terminal does, in brackets."""
        self._tmux("set-buffer", "--", text)
        self._tmux("paste-buffer", "-p")

    def screen(self, *, colours: bool = False, all_lines: bool = False) -> str:
        """Returns what the screen shows; all_lines: and what has scrolled away."""
        more = (["-e"] if colours else []) + (["-S", "-"] if all_lines else [])
        return self._tmux("capture-pane", "-p", *more)

    def wait(self, wanted: str | Callable[[str], bool], timeout: float = TIMEOUT) -> str:
        """Waits until the screen shows a text, or fits a condition, and returns it."""
        last = time.monotonic() + timeout
        while True:
            screen = self.screen()
            if wanted in screen if isinstance(wanted, str) else wanted(screen):
                return screen
            if time.monotonic() > last:
                raise AssertionError(f"never came: {wanted!r}; the screen is\n{screen}")
            time.sleep(0.02)

    def enter(self, text: str, wanted: str | Callable[[str], bool]) -> str:
        """Types a line and waits for what it brings."""
        self.type(text)
        # A menu that opens late would take the Enter for its own.
        self.wait(lambda screen: text in screen)
        self.press("Enter")
        return self.wait(wanted)

    def stop(self, wanted: str) -> str:
        """Presses Ctrl-C, again where a first one came too early to be heard."""
        for _ in range(4):
            self.press("C-c")
            try:
                return self.wait(wanted, timeout=TIMEOUT / 4)
            except AssertionError:
                continue
        return self.wait(wanted)

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-u", "-S", str(self._socket), *words],
            capture_output=True,
            text=True,
            env=self._environ,
            check=True,
        )
        return done.stdout
