"""The worker's side of profiler.lua: what it tells of the spell's stacks, and the channel."""

from __future__ import annotations

from collections.abc import Callable

from engines._channel import Channel
from engines._profile import Profile, ProfiledChannel, host_functions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Profiler:
    """The profile of one Lua spell.

    channel: the one that the worker has to use
    """

    def __init__(self, channel: Channel) -> None:
        self._profile = Profile(host_functions(str))
        self._here = b""
        self.channel: Any = ProfiledChannel(
            channel, self._profile, lambda: self._here or self._profile.engine, number_of
        )

    def functions(self) -> list[Callable[..., Any]]:
        """Returns what profiler.lua calls, in its order."""
        return [self._number_of, self._profile.pass_to, self._set_here, self._set_timer]

    def _number_of(self, name: bytes, file: bytes, line: int) -> int:
        return self._profile.frame(
            name.decode("utf-8", "replace"), file.decode("utf-8", "replace"), max(line, 0)
        )

    def _set_here(self, stack: bytes) -> None:
        self._here = stack

    def _set_timer(self, stack: bytes) -> None:
        self._profile.sleep(stack)


def number_of(payload: bytes) -> int:
    """Returns the number of the host function that a call's payload names (see codec.lua)."""
    return int.from_bytes(payload[2:10], "big")
