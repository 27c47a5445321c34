from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridges._errors import InvalidArgument
from tests.doors import call
from tests.sessions import make_session

LEVELS = ["trace", "debug", "info", "warn", "error"]


def lines(session: Any) -> list[Any]:
    return list(session.lines)


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_writes_its_line(tmp_path: Path, level: str) -> None:
    session = make_session(tmp_path)
    call(session, f"Logger.{level}", "text", {"a": 1})
    logger = call(session, "Logger.with", {"a": 1, "b": 2})
    call(session, f"Logger:{level}", logger, "more", {"b": 3})
    inner = call(session, "Logger:with", logger, {"c": 4})
    call(session, f"Logger:{level}", inner, [1])
    assert lines(session) == [
        (level, "text", {"a": 1}),
        (level, "more", {"a": 1, "b": 3}),
        (level, "[1]", {"a": 1, "b": 2, "c": 4}),
    ]


def test_the_level_decides(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    logger = call(session, "Logger.with", {})
    call(session, "Logger.set_level", "warn")
    for level in LEVELS:
        call(session, f"Logger.{level}", level)
        assert call(session, "Logger.is_enabled", level) == (level in ("warn", "error"))
        assert call(session, "Logger:is_enabled", logger, level) == (level in ("warn", "error"))
    call(session, "Logger:set_level", logger, "error")
    call(session, "Logger.warn", "no")
    assert [line[0] for line in lines(session)] == ["warn", "error"]
    with pytest.raises(InvalidArgument, match="must be one of 'trace'"):
        call(session, "Logger.set_level", "loud")


def test_what_json_has_no_word_for_is_written_all_the_same(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    call(session, "Logger.info", {"a": b"x"})
    assert lines(session) == [("info", "{'a': b'x'}", {})]
