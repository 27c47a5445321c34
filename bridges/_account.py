"""What the host holds in memory for a run and the spells that it runs: one account of all of it."""

from __future__ import annotations

from bridges._errors import LimitExceeded

MB = 1024 * 1024
MOST_NAMED = 3
"""Kinds of things that an error names, those that take most."""


class Account:
    """The bytes that a run may have the host hold, about.

    limit: how many; outer: the account of the run that started this one, which pays as well
    """

    def __init__(self, limit: int, outer: Account | None = None) -> None:
        self.limit = limit
        self._outer = outer
        self._held: dict[str, int] = {}
        self._all = 0

    def add(self, what: str, size: int) -> None:
        """Counts bytes more, or fewer, that are there already."""
        self._held[what] = self._held.get(what, 0) + size
        self._all += size
        if self._outer is not None:
            self._outer.add(what, size)

    def excess(self, size: int = 0) -> LimitExceeded | None:
        """Returns the error for so many bytes more, or None where there is room for them."""
        if self._all + size > self.limit:
            return self._error()
        return None if self._outer is None else self._outer.excess(size)

    def close(self) -> None:
        """Gives everything back to the run that started this one."""
        outer, self._outer = self._outer, None
        for what, size in self._held.items():
            if outer is not None:
                outer.add(what, -size)

    def _error(self) -> LimitExceeded:
        most = sorted(self._held.items(), key=lambda pair: -pair[1])[:MOST_NAMED]
        named = ", ".join(f"{what} {_written(size)}" for what, size in most if size > 0)
        return LimitExceeded(
            f"the host would hold more than {_written(self.limit)} for the spell"
            + (f" ({named})" if named else ""),
            hint="keep less at a time, or raise host_memory under [limits]",
            details={"limit": "host_memory"},
        )


class Share:
    """What one kind of thing takes of an account."""

    def __init__(self, account: Account, what: str) -> None:
        self._account = account
        self._what = what

    def take(self, size: int) -> bool:
        """Takes so many bytes, or tells that they are not to be had."""
        if self._account.excess(size) is not None:
            return False
        self._account.add(self._what, size)
        return True

    def require(self, size: int) -> None:
        """Takes so many bytes, or gives them back; raises LimitExceeded where there is no room."""
        error = self._account.excess(size) if size > 0 else None
        if error is not None:
            raise error
        self._account.add(self._what, size)

    def give(self, size: int) -> None:
        """Gives back what was taken."""
        self._account.add(self._what, -size)


def _written(size: int) -> str:
    return f"{size / MB:.0f} MB" if size >= MB else f"{size:,} bytes"
