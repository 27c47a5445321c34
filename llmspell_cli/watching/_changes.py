"""What has changed since the last run, and so whether there is to be another."""

from __future__ import annotations

from llmspell_cli.watching._reads import WRITTEN
from llmspell_cli.watching._watched import Watched


class Changes:
    """The files of a watched spell as its runs leave them.

    files: those that are watched
    pending: those that have changed since a run began, in the order in which that was seen
    """

    def __init__(self, watched: Watched) -> None:
        self.files = watched.files()
        self.pending: list[str] = []
        self._watched = watched
        self._own: set[str] = set()
        self._missing = False

    @property
    def call_for_a_run(self) -> bool:
        """Whether something has changed, or the spell may have come back."""
        return bool(self.pending or self._missing)

    def note(self, kind: str, path: str) -> bool:
        """Takes down what the run has opened; tells whether it is a file to watch from now on."""
        if kind == WRITTEN:
            self._own.add(path)
            return False
        watched = self._watched.has(path)
        if watched:
            self.files.add(path)
        return watched

    def look(self) -> None:
        """Looks at the files. What the run has written itself is no change."""
        changed = [path for path in self.files.changed() if path not in self._own]
        self.pending += [path for path in changed if path not in self.pending]

    def begin(self) -> list[str] | None:
        """Returns what has changed, for a run that begins now; None without a spell to run.

        That it is gone is said once.
        """
        if not self._watched.is_there():
            if not self._missing:
                self._watched.say(f"{self._watched.written} is gone; waiting for it to come back")
            self._missing = True
            return None
        self._missing = False
        changed, self.pending = self.pending, []
        return changed

    def end(self) -> None:
        """Takes what the run that has ended wrote itself as seen."""
        self.files.see(self._own)
        self._own.clear()
