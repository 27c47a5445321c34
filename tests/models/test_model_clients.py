"""The HTTP client of a run."""

from __future__ import annotations

import resource

import pytest

from bridges._llm.clients import MOST_CONNECTIONS, SPARE_FILES, most_connections

ENOUGH = MOST_CONNECTIONS + SPARE_FILES


@pytest.mark.parametrize(
    "soft,hard,connections,raised",
    [
        (1024, 100_000, MOST_CONNECTIONS, ENOUGH),
        (1024, resource.RLIM_INFINITY, MOST_CONNECTIONS, ENOUGH),
        (512, 1024, 1024 - SPARE_FILES, 1024),
        (64, 64, 1, 64),
        (ENOUGH, ENOUGH, MOST_CONNECTIONS, None),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, MOST_CONNECTIONS, None),
    ],
)
def test_connections_leave_files_for_the_rest(
    soft: int, hard: int, connections: int, raised: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    was_set: list[int] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: was_set.append(pair[0]))
    assert most_connections() == connections
    assert (was_set[-1] if was_set else None) == raised
