"""The module for tests: what passes, what fails and where, in both languages."""
# ruff: noqa: E501 - an expectation on one line reads better than one in pieces

from __future__ import annotations

from pathlib import Path

import pytest

from engines.languages import LANGUAGES
from llmspell_cli.main import run
from llmspell_cli.world import World
from tests.casting import cast
from tests.sessions import make_session

START = {
    "lua": """local testing = require "llmspell.testing"
local describe, it, expect = testing.describe, testing.it, testing.expect
""",
    "javascript": """import testing, { describe, it, expect } from "llmspell/testing";

""",
}
BODY = {
    "lua": """
describe("sums", function()
  local n
  testing.before_each(function() n = 2 end)
  testing.after_each(function() print("after " .. n) end)
  it("adds", function() n = n + 1 expect(n):to_be(3) end)
  describe("wrong ones", function()
    it("fails", function()
      expect(n):to_equal(5)
    end)
    it("breaks", function()
      n.x.y = 1
    end)
    it("is refused", function()
      File.read("/etc/passwd")
    end)
  end)
end)
it("tries #1", function()
  async = require "llmspell.async"
  async.sleep(0.001)
  expect(function() error("no such luck") end).never:to_throw("luck")
end)
""",
    "javascript": """
describe("sums", () => {
  let n;
  testing.beforeEach(() => { n = 2 });
  testing.afterEach(() => console.log(`after ${n}`));
  it("adds", () => { n += 1; expect(n).toBe(3) });
  describe("wrong ones", () => {
    it("fails", () => {
      expect(n).toEqual(5);
    });
    it("breaks", () => {
      n.x.y = 1;
    });
    it("is refused", async () => {
      await File.read("/etc/passwd");
    });
  });
});
it("tries #1", async () => {
  const async = await import("llmspell/async");
  await async.sleep(0.001);
  await expect(() => { throw new Error("no such luck") }).never.toThrow("luck");
});
""",
}
END = {"lua": "testing.run{}", "javascript": "await testing.run();"}


def results_of(language: str, tmp_path: Path, options: str = "") -> tuple[int, list[str], str]:
    """Returns the exit code, what is printed, and what goes to standard error."""
    suffix = {"lua": ".lua", "javascript": ".js"}[language]
    end = END[language].replace("{}", "{" + options + "}")
    if language == "javascript":
        end = end.replace("()", "({" + options.replace(" =", ":") + "})")
    (tmp_path / f"spec{suffix}").write_text(START[language] + BODY[language] + end)
    (tmp_path / "in").touch()
    given = (tmp_path / "in").open("rb")
    out, err = ((tmp_path / name).open("w+", encoding="utf-8") for name in ("out", "err"))
    environ = {"HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
    try:
        code = run(World(environ, tmp_path, ["run", f"spec{suffix}"], given, out, err))
        out.seek(0)
        err.seek(0)
        return code, out.read().splitlines(), err.read()
    finally:
        for stream in (given, out, err):
            stream.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_shows_what_failed_and_where_and_ends_with_1(language: str, tmp_path: Path) -> None:
    code, printed, errors = results_of(language, tmp_path)
    file = {"lua": "spec.lua", "javascript": "spec.js"}[language]
    assert (code, errors) == (1, "")
    assert printed[:4] == ["after 3", "after 2", "after 2", "after 2"]
    assert printed[4:7] == [
        "ok    sums > adds",
        "FAIL  sums > wrong ones > fails",
        f"      {file}:11: expected 2 to equal 5",
    ]
    assert printed[7] == "FAIL  sums > wrong ones > breaks"
    assert printed[8].startswith(f"      {file}:14: ")
    assert printed[10].startswith(f"      {file}:17: File.read needs read access")
    assert printed[11:] == [
        "FAIL  tries #1",
        f"      {file}:24: expected a function not to throw 'luck', it threw 'no such luck'",
        "1 passed, 4 failed",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_results_as_tap(language: str, tmp_path: Path) -> None:
    code, printed, _ = results_of(language, tmp_path, 'format = "tap"')
    assert code == 1
    assert printed[4:7] == ["TAP version 14", "1..5", "ok 1 - sums > adds"]
    assert printed[7] == "not ok 2 - sums > wrong ones > fails"
    assert printed[8:10] == ["  ---", '  message: "expected 2 to equal 5"']
    assert "not ok 5 - tries \\#1" in printed


@pytest.mark.parametrize("language", LANGUAGES)
def test_some_tests_only(language: str, tmp_path: Path) -> None:
    code, printed, _ = results_of(language, tmp_path, 'only = "adds"')
    assert (code, printed[1:]) == (0, ["ok    sums > adds", "1 passed, 0 failed"])


HOLDS = {
    "lua": """
local testing = require "llmspell.testing"
local expect = testing.expect
local spy = testing.spy(function(n) return n * 2 end)
local twice = spy.fn(4)
expect(twice):to_be(8)
expect({1, {a = 2}}):to_equal({1, {a = 2}})
expect("abc"):to_contain("b") expect({1, {2}}):to_contain({2})
expect("abc"):to_match("^a")
expect(1):to_be_truthy() expect(false):to_be_falsy() expect(nil):to_be_nothing() expect(null):to_be_nothing()
expect("äö"):to_have_length(2) expect({1}):to_have_length(1)
expect(2):to_be_greater_than(1) expect(1):to_be_less_than(2) expect(0.1 + 0.2):to_be_close_to(0.3)
expect(function() error("bang") end):to_throw("ban") expect(function() File.read("/x") end):to_throw("permission_denied")
expect(spy):to_have_been_called() expect(spy):to_have_been_called(1) expect(spy):to_have_been_called_with(4)
expect(spy).never:to_have_been_called_with(5) expect(1).never:to_be(2) expect("a").never:to_contain("b")
return "held"
""",
    "javascript": """
import { expect, spy as makeSpy } from "llmspell/testing";
const spy = makeSpy((n) => n * 2);
const twice = spy.fn(4);
expect(twice).toBe(8);
expect([1, {a: 2}]).toEqual([1, {a: 2}]);
expect("abc").toContain("b"); expect([1, [2]]).toContain([2]);
expect("abc").toMatch(/^a/);
expect(1).toBeTruthy(); expect(false).toBeFalsy(); expect(undefined).toBeNothing(); expect(null).toBeNothing();
expect("äö").toHaveLength(2); expect([1]).toHaveLength(1);
expect(2).toBeGreaterThan(1); expect(1).toBeLessThan(2); expect(0.1 + 0.2).toBeCloseTo(0.3);
await expect(() => { throw new Error("bang") }).toThrow("ban"); await expect(() => File.read("/x")).toThrow("permission_denied");
expect(spy).toHaveBeenCalled(); expect(spy).toHaveBeenCalled(1); expect(spy).toHaveBeenCalledWith(4);
expect(spy).never.toHaveBeenCalledWith(5); expect(1).never.toBe(2); expect("a").never.toContain("b");
export default "held";
""",
}  # fmt: skip

FAILS = [
    ('expect("x"):to_be(1)', 'expect("x").toBe(1)', "expected 'x' to be 1"),
    ("expect({1}):to_equal({2})", "expect([1]).toEqual([2])", "expected [1] to equal [2]"),
    ('expect("a"):to_contain("b")', 'expect("a").toContain("b")', "expected 'a' to contain 'b'"),
    ("expect(1).never:to_be(1)", "expect(1).never.toBe(1)", "expected 1 not to be 1"),
    ('expect("ab"):to_have_length(3)', 'expect("ab").toHaveLength(3)',
     "expected 'ab' to have length 3, got 2"),
    ('expect("ab"):to_match("z")', 'expect("ab").toMatch("z")', "expected 'ab' to match 'z'"),
    ('expect("1"):to_be_greater_than(0)', 'expect("1").toBeGreaterThan(0)',
     "expected '1' to be greater than 0"),
    ("expect(testing.spy()):to_have_been_called()", "expect(testing.spy()).toHaveBeenCalled()",
     "expected the spy to have been called, it was 0 times"),
    ("expect(5):to_have_been_called()", "expect(5).toHaveBeenCalled()", "expected a spy, got 5"),
    ("expect(function() end):to_throw()", "await expect(() => {}).toThrow()",
     "expected a function to throw"),
]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_expectations_hold(language: str, tmp_path: Path) -> None:
    outcome, _ = cast(language, HOLDS[language], make_session(tmp_path))
    assert outcome.error is None and outcome.value == "held", outcome.error


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", FAILS, ids=lambda case: case[2])
def test_expectations_fail_with_words(
    case: tuple[str, str, str], language: str, tmp_path: Path
) -> None:
    line = case[0] if language == "lua" else case[1]
    outcome, _ = cast(language, START[language] + line, make_session(tmp_path))
    assert outcome.error is not None and case[2] in outcome.error.message
