"""require in Lua: found by the host, run by the spell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engines.lua_host import cast

MODULES = {
    "lib.util": "local M = {} function M.twice(x) return 2 * x end M.name = ... return M",
    "waits": "return {got = Host.later('late', 0.02)}",
    "nothing": "counted = (counted or 0) + 1",
    "first": "return {second = require 'second'}",
    "second": "return {first = require 'first'}",
    "left": "Async.sleep(0.01) return require 'right'",
    "right": "Async.sleep(0.01) return require 'left'",
    "broken": "return = 1",
    "fails": "\n\nerror('at load')",
    "no": "return false",
    "shebang": "#!/usr/bin/lua\nlocal at = debug.traceback() return at",
}


def value_of(source: str) -> Any:
    outcome = cast(source, modules=MODULES)
    assert outcome.end == "done", outcome.value
    return outcome.value


def test_a_module_is_loaded_once() -> None:
    source = """
    local util = require "lib.util"
    require "nothing" require "nothing"
    return {util.twice(4), util == require "lib.util", util.name, require "nothing", counted,
      require "no"}
    """
    assert value_of(source) == [8, True, "lib.util", True, 1, False]


def test_the_host_learns_who_asks() -> None:
    outcome = cast("pcall(require, 'first')", modules=MODULES)
    asked = [call for call in outcome.calls if call[0] == "module"]
    assert asked[:2] == [("module", "spell.lua", "first"), ("module", "first.lua", "second")]


def test_a_module_may_wait_and_others_wait_for_it() -> None:
    source = """
    local got = Async.all{
      function() return require "waits" end, function() return require "waits" end,
    }
    return {got[1] == got[2], got[1].got}
    """
    assert value_of(source) == [True, "late"]


@pytest.mark.parametrize(
    "source",
    ["require 'first'", "Async.all{function() require 'left' end, function() require 'right' end}"],
)
def test_a_circle_is_an_error(source: str) -> None:
    outcome = cast(source, modules=MODULES)
    assert outcome.value["code"] == "invalid_argument"
    assert "circle" in outcome.value["message"]


def test_errors_name_the_module_and_its_line() -> None:
    outcome = cast("require 'fails'", modules=MODULES)
    assert outcome.value["message"] == "at load"
    assert outcome.where[0] == "fails.lua:3"
    outcome = cast("require 'broken'", modules=MODULES)
    assert outcome.where[0] == "broken.lua:1"
    outcome = cast("\nrequire 'absent'", modules=MODULES)
    assert (outcome.value["code"], outcome.where) == ("not_found", ["spell.lua:2"])


def test_a_failed_module_can_be_tried_again() -> None:
    source = "return {(pcall(require, 'fails')), select(2, pcall(require, 'fails'))}"
    assert value_of(source) == [False, "fails.lua:3: at load"]


def test_a_first_line_for_the_shell_keeps_line_numbers() -> None:
    assert "shebang.lua:2:" in value_of("return require 'shebang'")


@pytest.mark.parametrize("name", ["''", "('x'):rep(300)", "'a\\0b'", "'a\\nb'", "nil", "{}"])
def test_what_is_no_name_is_refused(name: str) -> None:
    outcome = cast(f"require({name})", modules=MODULES)
    assert outcome.end == "fail"
    assert not [call for call in outcome.calls if call[0] == "module"]
