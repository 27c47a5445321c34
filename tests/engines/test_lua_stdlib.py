"""The modules `llmspell.text`, `llmspell.retry` and `llmspell.promise` in Lua."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engines.lua_host import FOLDERS, cast

FOLDER = Path(FOLDERS[0]) / "stdlib" / "lua"
MODULES = {
    f"llmspell.{path.stem}": path.read_text(encoding="utf-8")
    for path in FOLDER.glob("*.lua")
    if "." not in path.stem
}


def value_of(source: str, params: Any = None) -> Any:
    outcome = cast(source, modules=MODULES, params=params)
    assert outcome.end == "done", outcome.value
    return outcome.value


TEXTS: list[tuple[str, list[Any], Any]] = [
    ("trim", [" \t a b \n"], "a b"),
    ("trim", [" \n "], ""),
    ("split", ["a,b,,c", ","], ["a", "b", "", "c"]),
    ("split", ["", ","], [""]),
    ("split", ["a.b", "."], ["a", "b"]),
    ("lines", ["a\r\nb\n\nc"], ["a", "b", "", "c"]),
    ("lines", ["a\n"], ["a"]),
    ("lines", ["\n"], [""]),
    ("truncate", ["abc", 3], "abc"),
    ("truncate", ["äöü ß", 4], "äöü…"),
    ("truncate", ["abcdef", 4], "abc…"),
    ("truncate", ["abc", 1], "…"),
    ("truncate", ["abc", 0], ""),
    ("wrap", ["the quick brown fox", 9], "the quick\nbrown fox"),
    ("wrap", ["a incomprehensible b\n\nc", 5], "a\nincomprehensible\nb\n\nc"),
    ("wrap", ["äöü äöü", 7], "äöü äöü"),
    ("dedent", ["  a\n    b\n\n  c"], "a\n  b\n\nc"),
    ("dedent", ["a\n  b"], "a\n  b"),
    ("chunk", ["one two three", 8], ["one two ", "three"]),
    ("chunk", ["abcdefgh", 3], ["abc", "def", "gh"]),
    ("chunk", ["abcdefgh", 4, 1], ["abcd", "defg", "gh"]),
    ("chunk", ["aaaa\n\nbb cc", 9], ["aaaa\n\n", "bb cc"]),
    ("chunk", ["äöüäöü", 4], ["äöüä", "öü"]),
]


@pytest.mark.parametrize(("name", "arguments", "value"), TEXTS)
def test_text(name: str, arguments: list[Any], value: Any) -> None:
    source = f"return {{(require('llmspell.text').{name}(table.unpack(params.a)))}}"
    found = value_of(source, {"a": arguments})[0]
    # An empty list is a map in Lua until somebody says otherwise.
    assert found == value or (found, value) == ({}, [])


def test_empty_text_has_no_lines_and_no_pieces() -> None:
    source = "local t = require 'llmspell.text' return {#t.lines(''), #t.chunk('', 5)}"
    assert value_of(source) == [0, 0]


def test_pieces_together_are_the_text() -> None:
    text = "Ein Satz. Noch einer mit Umlauten: äöü.\n\nEin Absatz.\n" * 200
    source = """
    local text = require "llmspell.text"
    local longest, sizes = 0, {7, 50, 333}
    for _, size in ipairs(sizes) do
      local pieces = text.chunk(params.text, size)
      assert(table.concat(pieces) == params.text)
      for _, piece in ipairs(pieces) do
        assert(utf8.len(piece) <= size)
        longest = math.max(longest, utf8.len(piece))
      end
      text.chunk(params.text, size, size // 2)
    end
    assert(#text.chunk("\\255\\254" .. params.text, 100) > 10)
    return longest
    """
    assert value_of(source, {"text": text}) > 300


def test_retry_tries_again_and_gives_up() -> None:
    source = """
    local retry = require "llmspell.retry"
    local tries = 0
    local got, second = retry(function()
      tries = tries + 1
      if tries < 3 then error("busy") end
      return tries, "two"
    end, {delay = 0})
    local failed, twice = 0, {attempts = 2, delay = 0}
    local ok = pcall(retry, function() failed = failed + 1 error("x") end, twice)
    return {got, second, ok, failed}
    """
    assert value_of(source) == [3, "two", False, 2]


def test_retry_believes_an_error_that_says_it_is_final() -> None:
    source = """
    local retry = require "llmspell.retry"
    local tries = 0
    local function fail() tries = tries + 1 error({message = "m", retryable = false}) end
    pcall(retry, fail, {delay = 0})
    local once = tries
    pcall(retry, fail, {delay = 0, retryable = function(e) return e.message == "m" end})
    return {once, tries, select(2, pcall(retry, fail, {tims = 1}))}
    """
    assert value_of(source)[:2] == [1, 4]
    assert "'tims' is not an option" in value_of(source)[2]


def test_retry_waits_longer_each_time() -> None:
    source = """
    local retry = require "llmspell.retry"
    pcall(retry, function() error("x") end, {attempts = 3, delay = 0.1, backoff = 3})
    """
    assert cast(source, modules=MODULES).seconds >= 0.4


def test_promises_chain_catch_and_gather() -> None:
    source = """
    local Promise = require "llmspell.promise"
    local sum = Promise.new(function() return Host.later(2, 0.01) end)
      :next(function(x) return Promise.resolve(x * 10) end)
      :next(function(x) return x + 1 end)
    local saved = Promise.new(function() error("lost", 0) end)
      :next(function() return "not run" end)
      :catch(function(e) return "caught " .. e end)
    local all = Promise.all{sum, saved, Promise.resolve(3)}:wait()
    local slow = Promise.new(function() return Host.later(1, 0.3) end)
    local first = Promise.new(function() error("first", 0) end)
    local ok, e = pcall(function() return Promise.all{slow, first}:wait() end)
    return {all, ok, e, Promise.resolve(false):next(function(v) return v end):wait()}
    """
    assert value_of(source) == [[21, "caught lost", 3], False, "first", False]


def test_a_promise_that_fails_unseen_fails_the_run() -> None:
    source = "require('llmspell.promise').new(function() error('unseen', 0) end)"
    assert cast(source, modules=MODULES).value["message"] == "unseen"
    seen = "require('llmspell.promise').new(function() error('x') end):catch(print)"
    assert cast(seen, modules=MODULES).end == "done"
