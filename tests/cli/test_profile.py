"""`run --profile`: where the time goes, as a table and as a flame graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import llmspell


@pytest.mark.parametrize(
    "arguments",
    [
        ("eval", "--profile=high", "return 1"),
        ("eval", "--profile", "high", "return 1"),
        ("eval", "return 1", "--profile=mine"),
        ("tools", "call", "--profile=low", "calculator"),
    ],
)
def test_a_security_profile_is_not_taken_for_the_profiler(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    ended = llmspell(tmp_path, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "to choose a security profile: --security=" in ended.err
