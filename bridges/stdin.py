"""The run's standard input."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from bridges import _json
from bridges._declare import NOTHING, Bridge, host_function
from bridges._input import Input
from bridges._types import StreamOf
from bridges.stream import Final, Stream


class Stdin(Bridge):
    """Reads standard input, which must be UTF-8 text. Nothing is read before the spell asks."""

    @host_function(needs=NOTHING, since=1)
    async def read(self) -> str:
        """Reads all that has not been read yet.

        returns: The text; empty at the end
        """
        return await self._input().all()

    @host_function(needs=NOTHING, since=1)
    async def read_line(self) -> str | None:
        """Reads one line.

        returns: The line without its end, or nothing at the end of input
        """
        return await self._input().line()

    @host_function(needs=NOTHING, since=1)
    async def lines(self) -> StreamOf[str, None]:
        """Reads line by line, as they arrive.

        returns: The lines, without their ends
        """
        return Stream(self._lines())  # type: ignore[return-value]

    @host_function(needs=NOTHING, since=1)
    async def json(self) -> Any:
        """Reads all of it as JSON.

        returns: The value
        """
        return _json.parse(await self._input().all(), "standard input")

    @host_function(needs=NOTHING, since=1)
    def is_terminal(self) -> bool:
        """Tells whether somebody would have to type the input.

        returns: Whether standard input is a terminal
        """
        return self._input().is_terminal()

    def _input(self) -> Input:
        found: Input = self.session.shared(Input)
        return found

    async def _lines(self) -> AsyncIterator[Any]:
        while (line := await self._input().line()) is not None:
            yield line
        yield Final(None)
