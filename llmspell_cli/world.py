"""The process around the program: environment, folders, streams. Nothing else reads them."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TextIO, cast

NAME = "llmspell"
# platformdirs costs 18 ms to import, and where these are set or usual its answer is the same.
_XDG = {
    "config": ("XDG_CONFIG_HOME", ".config"),
    "data": ("XDG_DATA_HOME", ".local/share"),
    "cache": ("XDG_CACHE_HOME", ".cache"),
}


class _Closed(io.RawIOBase):
    """A standard stream that was closed before the program started."""

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, _buffer: object) -> int:
        raise OSError(errno.EBADF, "the stream is closed")

    def write(self, _data: object) -> int:
        raise OSError(errno.EBADF, "the stream is closed")


@dataclass
class World:
    """What the program sees of the outside; a test gives its own.

    environ: the environment; cwd: the working directory; argv: the arguments, without the program
    stdin: bytes; stdout, stderr: text, with `.buffer` for bytes
    """

    environ: Mapping[str, str]
    cwd: Path
    argv: list[str]
    stdin: BinaryIO
    stdout: TextIO
    stderr: TextIO
    folders: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def real(cls) -> World:
        """Returns the world of this process."""
        # A stream that was closed at the start is None here, whatever the annotations say.
        stdin, stdout, stderr = cast(
            "tuple[TextIO | None, ...]", (sys.stdin, sys.stdout, sys.stderr)
        )
        if isinstance(stdout, io.TextIOWrapper):
            stdout.reconfigure(errors="backslashreplace")
        return cls(
            environ=os.environ,
            cwd=Path(_working_directory()),
            argv=sys.argv[1:],
            stdin=stdin.buffer if stdin else cast(BinaryIO, io.BufferedReader(_Closed())),
            stdout=stdout or _closed_text(),
            stderr=stderr or _closed_text(),
        )

    @property
    def home(self) -> Path:
        """The user's home folder."""
        return Path(self.environ.get("HOME") or _home())

    @property
    def config_dir(self) -> Path:
        """Where the user's own configuration lies."""
        return self._folder("config")

    @property
    def data_dir(self) -> Path:
        """Where models and records of trust are kept."""
        return self._folder("data")

    def path(self, text: str) -> Path:
        """Returns a path the user wrote, absolute; `~` is the home folder."""
        return absolute(text, self.cwd, self.home)

    def is_terminal(self, stream: TextIO | BinaryIO) -> bool:
        """Tells whether a person is at the other end of a stream."""
        try:
            return stream.isatty()
        except (ValueError, OSError):
            return False

    def out(self, text: str) -> None:
        """Writes a line to standard output."""
        try:
            self.stdout.write(text + "\n")
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard output") from None

    def err(self, text: str) -> None:
        """Writes a line to standard error."""
        self.write_error(text + "\n")

    def write_error(self, text: str) -> None:
        """Writes to standard error, where a failure to do so is no failure."""
        try:
            self.stderr.write(text)
            self.stderr.flush()
        except (OSError, ValueError):
            pass

    def _folder(self, kind: str) -> Path:
        known = self.folders.get(kind)
        if known is None:
            known = self.folders[kind] = self._find_folder(kind)
        return known

    def _find_folder(self, kind: str) -> Path:
        variable, usual = _XDG[kind]
        given = self.environ.get(variable, "")
        if os.path.isabs(given):
            return Path(given) / NAME
        if sys.platform == "linux":
            return self.home / usual / NAME
        import platformdirs

        find = {
            "config": platformdirs.user_config_path,
            "data": platformdirs.user_data_path,
            "cache": platformdirs.user_cache_path,
        }
        return find[kind](NAME, appauthor=False)


def absolute(text: str, folder: Path, home: Path) -> Path:
    """Returns a written path below a folder, with `~` as the home folder."""
    if text == "~" or text.startswith("~/"):
        text = str(home) + text[1:]
    return folder / text


def _working_directory() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # it was removed; paths below will fail with their own message
        return os.environ.get("PWD") or "/"


def _home() -> str:
    """Returns the user's home folder where the environment does not name it."""
    if sys.platform == "win32" or os.environ.get("HOME") != "":
        return os.path.expanduser("~")
    import pwd  # HOME is set to nothing, which would make it the root folder

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/"


def _closed_text() -> TextIO:
    return io.TextIOWrapper(io.BufferedWriter(_Closed(), 1), write_through=True)
