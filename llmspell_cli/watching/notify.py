"""Wakes the watcher when something happens in some folders, and once a second in any case."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

STEP = 100
"""Milliseconds without a change after which changes are told, so that a burst is one."""
LONGEST = 2_000
"""Milliseconds after which they are told even if more keep coming."""
TICK = 1_000
"""Milliseconds between looks where no change is told: some file systems tell of none."""


class Notifier:
    """Listens in a thread of its own."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """wake: called from that thread"""
        self._wake = wake
        self._folders: list[str] = []
        self._stop = threading.Event()

    def listen(self, folders: Sequence[str]) -> None:
        """Listens at these folders instead of those before."""
        if list(folders) == self._folders:
            return
        self.stop()
        self._folders = list(folders)
        self._stop = threading.Event()
        threading.Thread(
            target=self._run, args=(self._folders, self._stop), name="watch", daemon=True
        ).start()

    def stop(self) -> None:
        """Stops listening."""
        self._stop.set()

    def _run(self, folders: list[str], stop: threading.Event) -> None:
        from watchfiles import watch

        while not stop.is_set():
            try:
                for _ in watch(
                    *folders,
                    watch_filter=None,
                    step=STEP,
                    debounce=LONGEST,
                    rust_timeout=TICK,
                    yield_on_timeout=True,
                    recursive=False,
                    ignore_permission_denied=True,
                    raise_interrupt=False,
                    stop_event=stop,
                ):
                    self._wake()
            except (OSError, RuntimeError):
                # A folder has gone, or the system has no more watches to give: only look.
                stop.wait(TICK / 1000)
                self._wake()
