"""The worker's end of the socket: buffered sends, prints with a flush rule, waiting, interrupts.

Runs inside the worker only, where every import costs start-up: nothing beyond the standard library.
"""

from __future__ import annotations

import json
import os
import select
import signal
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic

from engines._protocol import (
    ANSWER,
    COMMAND,
    INTERRUPT,
    INTERRUPT_SIGNAL,
    PRINT,
    RESULT,
    Decoder,
    Frame,
    pack,
)

FLUSH_BYTES = 64 * 1024
# A quiet spell's prints go out at once; only one that prints more than BURST lines within
# WINDOW seconds is buffered, so that a kill can lose no more than a burst's tail.
BURST = 64
WINDOW = 0.01

STOP = "stop"
CPU = "cpu"

LATEST = 1.0
"""Seconds that an interrupt's frame may come after its signal."""
INTERRUPTED = (
    b'{"error": {"code": "interrupted", "message": "the spell was interrupted", '
    b'"details": {"reason": "stop"}}}'
)
NO_SIGNAL = b"\0"
FRAMES, HANDLER, WATCHER = range(3)
"""The ways an interrupt comes: a frame, and its signal, here and in the thread that watches."""


class HostGone(Exception):
    """The host closed the socket: the worker has nobody to work for."""


class Channel:
    """Frames to and from the host.

    `interrupted` is None, or why the spell has to stop: STOP (the host said so) or CPU (the
    kernel's limit on processor time).
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._decoder = Decoder(1 << 31)
        self._inbox: deque[Frame] = deque()
        self._out = bytearray()
        self._printed = bytearray()
        self._window_start = 0.0
        self._window_prints = 0
        self.interrupted: str | None = None
        # How many interrupts have come each way, and how many were obeyed: the host sends one at a
        # time, so that the third to come any way is the third.
        self._heard = [0, 0, 0]
        self._obeyed = 0
        self._wake: Callable[[], None] | None = None
        self._waking = threading.Lock()
        self._watcher: int | None = None

    # -- sending

    def send(self, kind: int, id: int, payload: bytes) -> None:
        """Queues a frame; it leaves before the worker waits, or when enough has gathered."""
        if self._printed:
            self._seal_prints()
        self._out += pack(kind, id, payload)
        if len(self._out) > FLUSH_BYTES:
            self.flush()

    def print(self, text: bytes) -> None:
        """Queues text for standard output; a burst is gathered, anything else leaves at once."""
        self._printed += text
        now = monotonic()
        if now - self._window_start > WINDOW:
            self._window_start, self._window_prints = now, 0
        self._window_prints += 1
        if self._window_prints <= BURST or len(self._printed) > FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Sends everything queued, waiting for the host to take it (this is the back-pressure)."""
        if self._printed:
            self._seal_prints()
        if self._out:
            view, self._out = memoryview(self._out), bytearray()
            try:
                while view:
                    view = view[os.write(self._fd, view) :]
            except OSError as error:
                raise HostGone from error

    def _seal_prints(self) -> None:
        text, self._printed = self._printed, bytearray()
        self._out += pack(PRINT, 0, bytes(text))

    # -- receiving

    def receive(self, timeout: float | None = None) -> Frame | None:
        """Returns the next frame, or None when `timeout` seconds passed; flushes first."""
        if not self._inbox:
            self._fill(timeout)
        return self._inbox.popleft() if self._inbox else None

    def receive_all(self, timeout: float | None = None) -> list[Frame]:
        """Returns every frame that is here, waiting for the first up to `timeout` seconds."""
        if not self._inbox:
            self._fill(timeout)
        frames = list(self._inbox)
        self._inbox.clear()
        return frames

    def ask(self, kind: int, id: int, payload: bytes) -> bytes:
        """Sends a frame and blocks for the RESULT with its id; other frames wait in the inbox.

        Returns the result's payload (status byte first). An interrupt that arrives meanwhile is
        kept in `interrupted` and the wait goes on: the host answers or kills.
        """
        self.send(kind, id, payload)
        held: list[Frame] = []
        try:
            while True:
                frame = self.receive()
                if frame is None:
                    continue
                if frame.kind == RESULT and frame.id == id:
                    return frame.payload
                held.append(frame)
        finally:
            self._inbox.extendleft(reversed(held))

    def take_command(self, *, wait: bool) -> Frame | None:
        """Returns the next COMMAND out of turn; every other frame keeps its place in the inbox.

        For an engine that is paused (`wait`: blocks until one comes) or computes (looks only).
        An interrupt that arrives ends the wait with None.
        """
        seen = 0
        while True:
            while seen < len(self._inbox):
                if self._inbox[seen].kind == COMMAND:
                    frame = self._inbox[seen]
                    del self._inbox[seen]
                    return frame
                seen += 1
            if self.interrupted or not self._more(wait):
                return None

    def _more(self, wait: bool) -> bool:
        """Reads on; tells whether a frame has come."""
        had = len(self._inbox)
        self._fill(0.2 if wait else 0)
        return wait or len(self._inbox) > had

    def _fill(self, timeout: float | None) -> None:
        self.flush()
        if timeout is not None and not select.select([self._fd], [], [], max(timeout, 0))[0]:
            return
        while True:
            try:
                data = os.read(self._fd, 1 << 18)
            except OSError as error:
                raise HostGone from error
            if not data:
                raise HostGone
            for frame in self._decoder.feed(data):
                if frame.kind != INTERRUPT or self._count(FRAMES):
                    self._inbox.append(frame)
            if self._inbox or timeout is not None:
                return

    # -- interrupts

    def listen_for_interrupts(self) -> None:
        """Makes INTERRUPT_SIGNAL and SIGXCPU set `interrupted`; called before hardening."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(INTERRUPT_SIGNAL, self._on_signal)
        signal.signal(signal.SIGXCPU, self._on_signal)
        read, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        self._watcher = write
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [INTERRUPT_SIGNAL])
        threading.Thread(target=self._watch, args=(read,), daemon=True).start()

    def watch_interrupts(self, wake: Callable[[], None] | None) -> None:
        """Has `wake` called in a thread of its own, every 10 ms from an interrupt on.

        For an engine that computes outside the interpreter lock and has to be stopped from there.
        """
        with self._waking:
            self._wake = wake
        if self._watcher is not None:
            # One that came before found nothing to wake: the thread has to look again.
            os.write(self._watcher, NO_SIGNAL)

    def forget_interrupt(self) -> None:
        """Makes the worker usable again after an interrupt that was obeyed.

        What of it is still on its way, and would stop what comes next, will not count. Evaluations
        that the host sent before it are answered as interrupted: they were meant as well.
        """
        self._await_frame()
        with self._waking:
            if self.interrupted != CPU:
                self._obeyed += 1
                self._drop_until_interrupt()
            self.interrupted = STOP if max(self._heard) > self._obeyed else None

    def _await_frame(self) -> None:
        # The host sends it before the signal.
        until = monotonic() + LATEST
        while self.interrupted != CPU and self._heard[FRAMES] <= self._obeyed:
            if monotonic() > until:
                return
            self._fill(0.05)

    def _drop_until_interrupt(self) -> None:
        held = [frame.kind for frame in self._inbox].count(INTERRUPT)
        if self._heard[FRAMES] - held >= self._obeyed:
            return  # its frame was handled before
        kept = []
        while (frame := self._inbox.popleft()).kind != INTERRUPT:
            if frame.kind == COMMAND and json.loads(frame.payload)["op"] == "evaluate":
                self.send(ANSWER, frame.id, INTERRUPTED)
            else:
                kept.append(frame)
        self._inbox.extendleft(reversed(kept))

    def _on_signal(self, number: int, _frame: object) -> None:
        self._hear(number, HANDLER)

    def _hear(self, number: int, way: int) -> None:
        if number == signal.SIGXCPU:
            self.interrupted = self.interrupted or CPU
        else:
            self._count(way)

    def _count(self, way: int) -> bool:
        """Counts an interrupt that arrived one way; tells whether it is not obeyed yet."""
        self._heard[way] += 1
        is_new = self._heard[way] > self._obeyed
        if is_new:
            self.interrupted = self.interrupted or STOP
        return is_new

    def _watch(self, read: int) -> None:
        while True:
            for number in os.read(read, 64):
                if number in (INTERRUPT_SIGNAL, signal.SIGXCPU):
                    with self._waking:
                        self._hear(number, WATCHER)
            while self._wake_engine():
                select.select([], [], [], 0.01)

    def _wake_engine(self) -> bool:
        """Wakes the engine if it has to stop; tells whether it had to."""
        with self._waking:
            if self.interrupted is None or self._wake is None:
                return False
            self._wake()
            return True
