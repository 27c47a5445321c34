"""Tells which runs still go on: each holds a lock that the operating system ends with its process.

The lock is a byte of one file, at the place of the run's number: however a process ends, its
locks are gone, and no number of a process that came later is taken for it.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from bridges._errors import ConfigError

NAME = "runs.lock"
_FILES: dict[Path, _Locks] = {}


class _Locks:
    """The lock file of one data folder, as this process holds it."""

    def __init__(self, file: Path) -> None:
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            # Never closed: closing any descriptor of the file would end every lock in it.
            self._fd = os.open(file, flags, 0o600)
        except OSError as error:
            raise ConfigError(
                f"{str(file)!r} cannot be opened: {error.strerror or error}",
                hint="make the folder writable, or set XDG_DATA_HOME to another one",
            ) from None
        self._held: set[int] = set()

    def hold(self, number: int) -> None:
        fcntl.lockf(self._fd, fcntl.LOCK_EX, 1, number)
        self._held.add(number)

    def release(self, number: int) -> None:
        self._held.discard(number)
        fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, number)

    def is_held(self, number: int) -> bool:
        if number in self._held:
            return True
        try:
            # Shared: of two that look at the same time neither takes the other for the run.
            fcntl.lockf(self._fd, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, number)
        except OSError:
            return True
        fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, number)
        return False


def _locks(data: Path) -> _Locks:
    file = Path(os.path.realpath(data)) / NAME
    if file not in _FILES:
        _FILES[file] = _Locks(file)
    return _FILES[file]


def begin(data: Path, number: int) -> None:
    """Notes that a run goes on, until `end` or until this process is no more."""
    _locks(data).hold(number)


def end(data: Path, number: int) -> None:
    """Notes that a run has ended."""
    _locks(data).release(number)


def goes_on(data: Path, number: int) -> bool:
    """Tells whether a run that has begun still goes on, in whatever process."""
    return _locks(data).is_held(number)
