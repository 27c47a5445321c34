from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridges import _captures
from bridges._errors import InvalidArgument, LimitExceeded
from bridges._session import Limits
from engines.languages import LANGUAGES
from tests.casting import cast
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


CAPTURED = {
    "lua": """
local function work(name)
  return function()
    return Logger.capture(function()
      for i = 1, 3 do
        Async.sleep(0.002)
        Logger.info(name .. i)
      end
    end, { quiet = name == "a" })
  end
end
local found = {}
for i, capture in ipairs(Async.all({ work("a"), work("b") })) do
  found[i] = {}
  for j, line in ipairs(capture.lines) do found[i][j] = line.message end
end
return found
""",
    "javascript": """
const work = (name) => Logger.capture(async () => {
  for (let i = 1; i <= 3; i++) {
    await Async.sleep(0.002);
    Logger.info(name + i);
  }
}, {quiet: name === "a"});
const found = await Promise.all([work("a"), work("b")]);
export default found.map(({lines}) => lines.map((line) => line.message));
""",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_captures_side_by_side_get_their_own_lines(language: str, tmp_path: Path) -> None:
    session = make_session(tmp_path)
    outcome, _ = cast(language, CAPTURED[language], session)
    assert outcome.error is None, outcome.error
    assert outcome.value == [["a1", "a2", "a3"], ["b1", "b2", "b3"]]
    assert [message for _, message, _ in lines(session)] == ["b1", "b2", "b3"]


NESTED = """
local outer = Logger.capture(function()
  Logger.debug("one")
  local inner = Logger.capture(function() Logger.info("two") end, { quiet = QUIET })
  Logger.info("three")
  return #inner.lines
end, { level = "debug" })
local found = { outer.result }
for _, line in ipairs(outer.lines) do found[#found + 1] = line.message end
return found
"""


@pytest.mark.parametrize("quiet", [True, False])
def test_a_capture_inside_of_another(quiet: bool, tmp_path: Path) -> None:
    session = make_session(tmp_path)
    session.log.level = "info"
    outcome, _ = cast("lua", NESTED.replace("QUIET", str(quiet).lower()), session)
    two = [] if quiet else ["two"]
    assert outcome.value == [1, "one", *two, "three"]
    assert [message for _, message, _ in lines(session)] == [*two, "three"]


FAILS = {
    "lua": """
pcall(Logger.capture, function()
  Logger.debug("too little")
  Logger.info("why")
  error("no")
end, { quiet = true, level = "debug" })""",
    "javascript": """
await Logger.capture(() => {
  Logger.debug("too little");
  Logger.info("why");
  throw new Error("no");
}, { quiet: true, level: "debug" }).catch(() => {});""",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_that_were_kept_back_are_written_when_the_function_fails(
    language: str, tmp_path: Path
) -> None:
    session = make_session(tmp_path)
    call(session, "Logger.set_level", "info")
    outcome, _ = cast(language, FAILS[language], session)
    assert outcome.error is None
    assert [line[:2] for line in lines(session)] == [("info", "why")]


def test_what_cannot_be_data_is_captured_as_a_word(tmp_path: Path) -> None:
    source = """
    local found = Logger.capture(function() Logger.info("x", { f = print, n = 1 }) end)
    return found.lines[1].fields"""
    outcome, _ = cast("lua", source, make_session(tmp_path))
    assert outcome.value == {"f": "<a function>", "n": 1}


def test_captures_and_replays_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_captures, "MAX_CAPTURED", 5)
    source = """
    local found = Logger.capture(function() for i = 1, 9 do Logger.info("x") end end)
    return { #found.lines, found.dropped }"""
    outcome, _ = cast("lua", source, make_session(tmp_path))
    assert outcome.value == [5, 4]
    session = make_session(tmp_path, limits=Limits(output=1000))
    line = {"level": "info", "message": "x" * 600}
    call(session, "Logger.replay", [line])
    with pytest.raises(LimitExceeded, match="limit of 1000 bytes"):
        call(session, "Logger.replay", [line])
    assert len(lines(session)) == 1
    with pytest.raises(InvalidArgument, match="at most 10000 lines"):
        call(session, "Logger.replay", [{"level": "info", "message": ""}] * 10_001)


def test_what_goes_on_after_a_capture_is_written(tmp_path: Path) -> None:
    source = """
    local later
    local found = Logger.capture(function()
      later = Async.spawn(function() Async.sleep(0.01) Logger.info("late") end)
    end, { quiet = true })
    later:wait()
    return #found.lines"""
    session = make_session(tmp_path)
    outcome, _ = cast("lua", source, session)
    assert outcome.value == 0
    assert [message for _, message, _ in lines(session)] == ["late"]
