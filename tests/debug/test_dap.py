"""What an editor sees of the debugger: every message is checked against the protocol's schema."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.debug import spells
from tests.debug.client import Adapter, Client, Refused
from tests.debug.schema import SCHEMA
from tests.debug.spells import helper_of, line_of, write

ALWAYS = {"setBreakpoints", "setExceptionBreakpoints", "threads", "stackTrace", "scopes"}
ALWAYS |= {"variables", "evaluate", "source", "continue", "next", "stepIn", "stepOut", "pause"}
OPTIONAL = {
    "setVariable": "supportsSetVariable",
    "setExpression": "supportsSetExpression",
    "completions": "supportsCompletionsRequest",
    "exceptionInfo": "supportsExceptionInfoRequest",
    "loadedSources": "supportsLoadedSourcesRequest",
    "cancel": "supportsCancelRequest",
}
OF_OTHER_REQUESTS = {
    "supportsConfigurationDoneRequest",
    "supportsConditionalBreakpoints",
    "supportsHitConditionalBreakpoints",
    "supportsLogPoints",
    "supportsEvaluateForHovers",
    "exceptionBreakpointFilters",
    "supportsExceptionFilterOptions",
    "completionTriggerCharacters",
    "supportsDelayedStackTraceLoading",
    "supportsTerminateRequest",
    "supportTerminateDebuggee",
}
"""Every one of these has a test of its own."""
LANGUAGES = ["lua", "javascript"]
both = pytest.mark.parametrize("language", LANGUAGES)


def stopped_at(client: Client, path: Path, mark: str, **options: Any) -> tuple[int, int]:
    """Launches a spell and stops it at a mark; returns the thread and the innermost frame."""
    client.launch(path, **options)
    client.breakpoints(path, line_of(path, mark))
    client.go()
    thread = client.stopped("breakpoint")["threadId"]
    return thread, client.stack(thread)[0]["id"]


def test_every_declared_capability_has_its_request(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    ends = {"disconnect", "terminate", "configurationDone", "initialize", "launch", "attach"}
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        declared = client.initialize()
        client.send("launch", program=str(path))
        client.await_event("initialized")
        names = [name.removesuffix("Request") for name in SCHEMA["definitions"]]
        names = [name for name in names if f"{name}Request" in SCHEMA["definitions"] and name]
        known: set[str] = set()
        for name in names:
            request = name[0].lower() + name[1:]
            if request in ends:
                continue
            said = client.refusal(request)
            if "the debugger has no" not in said:
                known.add(request)
    assert known == ALWAYS | set(OPTIONAL)
    assert all(declared.pop(capability) is True for capability in OPTIONAL.values())
    assert set(declared) == OF_OTHER_REQUESTS


@both
def test_breakpoints_are_verified_when_the_file_loads(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.SUMS)
    helper = helper_of(path)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path)
        (main,) = client.breakpoints(path, line_of(path, "call"))
        (inside,) = client.breakpoints(helper, line_of(helper, "twice"))
        assert not main["verified"] and not inside["verified"]
        assert main["message"] == inside["message"] == "the file is not loaded yet"
        client.go()
        for point in (main, inside):
            body = client.await_event("breakpoint")
            assert body["breakpoint"]["verified"] and body["breakpoint"]["id"] == point["id"]
        assert client.stopped("breakpoint")["hitBreakpointIds"] == [main["id"]]


@both
def test_a_breakpoint_moves_to_the_next_line_with_code(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.SUMS)
    path.write_text("\n\n" + path.read_text())
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path, stopOnEntry=True)
        client.go()
        client.stopped("entry")
        (point,) = client.breakpoints(path, 1)
        assert point["verified"] and point["line"] >= 3


def test_breakpoints_in_files_that_are_not_the_spells(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    outside = tmp_path.parent / f"{tmp_path.name}_outside.lua"
    outside.write_text("return 1")
    (tmp_path / "other.js").write_text("1")
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path)
        expected = {
            outside: "neither in the spell's folder",
            tmp_path / "missing.lua": "there is no file",
            tmp_path / "other.js": "not a file that a spell in lua loads",
        }
        for file, why in expected.items():
            (point,) = client.breakpoints(file, 1)
            assert not point["verified"] and why in point["message"]
        (point,) = client.breakpoints(path, {"line": 1, "hitCondition": "often"})
        assert not point["verified"] and "'often' is no rule" in point["message"]


def test_a_folder_of_modules_is_mapped_both_ways(tmp_path: Path) -> None:
    home, more = tmp_path / "home", tmp_path / "more"
    home.mkdir()
    (more / "deep").mkdir(parents=True)
    spell = home / "spell.lua"
    spell.write_text("local m = require('deep.thing')\nprint(m.f(1))\n")
    module = more / "deep" / "thing.lua"
    module.write_text("local M = {}\nfunction M.f(n)\n  return n + 1\nend\nreturn M\n")
    (home / "llmspell.toml").write_text(f'[security]\nallow_modules = ["{more}"]\n')
    with Adapter(home, "--dap", "--config", "llmspell.toml") as adapter:
        client = adapter.client
        client.launch(spell)
        client.breakpoints(module, 3)
        client.go()
        thread = client.stopped("breakpoint")["threadId"]
        frames = client.stack(thread)
        assert [f["source"]["path"] for f in frames] == [str(module), str(spell)]


@both
def test_stacks_and_variables_come_in_pages(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.SUMS)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        thread, frame = stopped_at(client, path, "sum")
        whole = client.ask("stackTrace", threadId=thread)
        page = client.ask("stackTrace", threadId=thread, startFrame=1, levels=1)
        assert page["totalFrames"] == whole["totalFrames"] == len(whole["stackFrames"])
        assert page["stackFrames"] == whole["stackFrames"][1:2]
        code = {"lua": "(function() local t = {} for i = 1, 50 do t[i] = i end return t end)()"}
        code["javascript"] = "Array.from({length: 50}, (_, i) => i + 1)"
        value = client.ask("evaluate", expression=code[language], frameId=frame, context="repl")
        reference = value["variablesReference"]
        assert reference > 0
        part = client.ask(
            "variables", variablesReference=reference, filter="indexed", start=10, count=5
        )["variables"]
        assert [each["value"] for each in part] == ["11", "12", "13", "14", "15"]


@both
def test_set_variable_and_set_expression(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.SUMS)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        thread, frame = stopped_at(client, path, "sum")
        scopes = client.ask("scopes", frameId=frame)["scopes"]
        locals = next(s for s in scopes if "a" in client.variables(s["variablesReference"]))
        body = client.ask(
            "setVariable", variablesReference=locals["variablesReference"], name="a", value="40 + 2"
        )
        assert body["value"] == "42"
        assert client.ask("evaluate", expression="a", frameId=frame)["result"] == "42"
        body = client.ask("setExpression", expression="b", value="8", frameId=frame)
        assert body["value"] == "8"
        assert client.ask("evaluate", expression="a + b", frameId=frame)["result"] == "50"
        with pytest.raises(Refused):
            client.ask("setExpression", expression="1 +", value="8", frameId=frame)
        for context in ("watch", "hover", "repl"):
            body = client.ask("evaluate", expression="a", frameId=frame, context=context)
            assert body["result"] == "42"


@both
def test_what_is_known_of_an_error(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.ERRORS)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path)
        client.ask("setExceptionBreakpoints", filters=["uncaught"])
        client.go()
        body = client.stopped("exception")
        assert "bad 2" in body["text"]
        found = client.ask("exceptionInfo", threadId=body["threadId"])
        assert "bad 2" in found["description"] and found["breakMode"] == "unhandled"
        assert f"{path.name}:{line_of(path, 'throw')}" in found["details"]["stackTrace"]
        client.ask("continue", threadId=body["threadId"])
        assert client.ended() == 1
        assert "error: " in client.output("stderr") and "bad 2" in client.output("stderr")


def test_filters_say_what_they_cannot_do(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.ERRORS)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path)
        options = [{"filterId": "raised", "condition": "x > 1"}, {"filterId": "model call"}]
        found = client.ask("setExceptionBreakpoints", filters=["nothing"], filterOptions=options)
        verified = [each["verified"] for each in found["breakpoints"]]
        assert verified == [False, False, True]
        assert "no filter 'nothing'" in found["breakpoints"][0]["message"]


@both
def test_calls_are_held_by_name_only(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.AGENT)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path)
        options = [
            {"filterId": "tool call", "condition": "ad*"},
            {"filterId": "model call", "condition": "other:*"},
        ]
        client.ask("setExceptionBreakpoints", filters=[], filterOptions=options)
        client.go()
        body = client.stopped("tool call")
        assert body["description"] == "Paused before a tool call add"
        frame = client.stack(body["threadId"])[0]
        scopes = client.ask("scopes", frameId=frame["id"])["scopes"]
        assert scopes[0]["name"] == "Request"
        parts = client.variables(scopes[0]["variablesReference"])
        assert parts["tool"]["presentationHint"] == {"attributes": ["readOnly"]}
        assert parts["arguments"]["evaluateName"] == "request.arguments"
        inner = parts["arguments"]["variablesReference"]
        body = client.ask("setVariable", variablesReference=inner, name="a", value="20")
        assert body["value"] == "20"
        with pytest.raises(Refused, match="write JSON"):
            client.ask("setVariable", variablesReference=inner, name="a", value="a dozen")
        with pytest.raises(Refused, match="only arguments can be changed"):
            client.ask(
                "setVariable",
                variablesReference=scopes[0]["variablesReference"],
                name="tool",
                value='"rm"',
            )
        watched = client.ask("evaluate", expression="request.arguments.a", context="watch")
        assert watched["result"] == "20"
        items = client.ask("completions", frameId=frame["id"], text="request.arg", column=12)
        assert [item["label"] for item in items["targets"]] == ["arguments"]
        client.ask("continue", threadId=1)
        assert client.ended() == 0
        assert client.output("stdout") == "23\tdone\n"


@both
def test_completions(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.SUMS)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        _, frame = stopped_at(client, path, "call")

        def labels(text: str) -> list[str]:
            body = client.ask("completions", frameId=frame, text=text, column=len(text) + 1)
            return [item["label"] for item in body["targets"]]

        assert labels("tot") == ["total"]
        assert "floor" in labels({"lua": "math.flo", "javascript": "Math.flo"}[language])
        assert "Agent" in labels("Ag")
        assert labels("nothing_there.") == []


@both
def test_sources(language: str, tmp_path: Path) -> None:
    wanted = {
        "lua": 'local text = require("llmspell.text")\nprint(type(text)) -- @here\n',
        "javascript": (
            'import * as text from "llmspell/text";\nconsole.log(typeof text); // @here\n'
        ),
    }
    path = write(tmp_path, language, wanted)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path)
        client.breakpoints(path, 2)
        client.go()
        client.stopped("breakpoint")
        sources = {s["name"]: s for s in client.ask("loadedSources")["sources"]}
        assert sources[path.name]["path"] == str(path)
        standard = sources["llmspell/text"]
        assert "path" not in standard and standard["sourceReference"] > 0
        reference = standard["sourceReference"]
        text = client.ask("source", source=standard, sourceReference=reference)["content"]
        assert len(text.splitlines()) > 10
        own = client.ask("source", source=sources[path.name], sourceReference=0)["content"]
        assert own == path.read_text()
        with pytest.raises(Refused, match="no source"):
            client.ask("source", sourceReference=99)


def test_lines_from_zero_and_paths_as_addresses(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    line = line_of(path, "sum") - 1
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.initialize(linesStartAt1=False, columnsStartAt1=False, pathFormat="uri")
        client.send("launch", program=str(path))
        client.await_event("initialized")
        body = client.ask(
            "setBreakpoints", source={"path": path.as_uri()}, breakpoints=[{"line": line}]
        )
        assert body["breakpoints"][0]["line"] == line
        client.go()
        frames = client.stack(client.stopped("breakpoint")["threadId"])
        assert frames[0]["line"] == line and frames[0]["column"] == 0
        assert frames[0]["source"]["path"] == path.as_uri()
        text = "sum + tot"
        found = client.ask("completions", frameId=frames[1]["id"], text=text, column=len(text))
        assert found["targets"][0]["start"] == 6


def test_run_to_cursor_as_editors_do_it(tmp_path: Path) -> None:
    path = write(tmp_path, "javascript", spells.SUMS)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path, stopOnEntry=True)
        client.go()
        thread = client.stopped("entry")["threadId"]
        (point,) = client.breakpoints(path, line_of(path, "print"))
        client.ask("continue", threadId=thread)
        assert client.stopped("breakpoint")["hitBreakpointIds"] == [point["id"]]
        client.breakpoints(path)
        client.ask("continue", threadId=thread)
        assert client.ended() == 0


def test_the_launch_configuration_is_what_the_flags_are(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "in.txt").write_text("from a file")
    path = tmp_path / "work" / "s.lua"
    path.write_text(
        "print(ARGS[1], params.n, params.list, Stdin.read())\n"
        "print(pcall(File.read, '/etc/hostname'))\nreturn {1}\n"
    )
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(
            "s.lua",
            cwd=str(tmp_path / "work"),
            args=["first"],
            params={"n": 3, "list": [1]},
            stdin="in.txt",
            timeout="30s",
            stopOnEntyr=True,
        )
        client.go()
        assert client.ended() == 0
        assert client.output("stdout").startswith("first\t3\t[1]\tfrom a file\nfalse\t")
        assert client.output("stdout").endswith("[\n  1\n]\n")
        assert "did you mean 'stopOnEntry'" in client.output("console")


@pytest.mark.parametrize(
    "options,why",
    [
        ({"program": "missing.lua"}, "there is no file"),
        ({"program": "s.lua", "engine": "cobol"}, "no engine 'cobol'"),
        ({"program": "s.lua", "args": "x"}, "args must be a list"),
        ({"program": "s.lua", "timeout": "soon"}, "--timeout"),
        ({"program": "s.lua", "security": "unsafe"}, "no security profile"),
        ({"program": 7}, "program must be text"),
        ({"noDebug": False}, "program is missing"),
    ],
)
def test_a_launch_that_cannot_be(options: dict[str, Any], why: str, tmp_path: Path) -> None:
    (tmp_path / "s.lua").write_text("print(1)")
    with Adapter(tmp_path, "--dap") as adapter:
        adapter.client.initialize()
        with pytest.raises(Refused, match=why):
            adapter.client.ask("launch", **options)
        adapter.client.ask("disconnect")
        assert adapter.close() == (0, "")


def test_without_debugging_nothing_stops(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.ERRORS)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path, noDebug=True, stopOnEntry=True)
        client.breakpoints(path, line_of(path, "throw"))
        client.ask("setExceptionBreakpoints", filters=["raised", "uncaught"])
        client.go()
        assert client.ended() == 1


@both
def test_an_expression_that_never_ends_is_cancelled(language: str, tmp_path: Path) -> None:
    path = write(tmp_path, language, spells.SUMS)
    endless = {"lua": "(function() while true do end end)()", "javascript": "(() => {for(;;);})()"}
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        _, frame = stopped_at(client, path, "sum")
        running = client.send("evaluate", expression=endless[language], frameId=frame)
        waiting = client.send("evaluate", expression="a", frameId=frame)
        client.ask("cancel", requestId=waiting)
        time.sleep(0.2)
        client.ask("cancel", requestId=running)
        with pytest.raises(Refused):
            client.answer(running)
        with pytest.raises(Refused, match="cancelled"):
            client.answer(waiting)
        assert client.ask("evaluate", expression="b", frameId=frame)["result"] == "1"


def test_references_end_with_the_stop(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.SUMS)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        thread, frame = stopped_at(client, path, "sum")
        client.ask("continue", threadId=thread)
        client.stopped("breakpoint")
        with pytest.raises(Refused):
            client.ask("variables", variablesReference=2**30)
        client.breakpoints(path)
        client.ask("continue", threadId=thread)
        assert client.ended() == 0
        for request, arguments in {
            "stackTrace": {"threadId": 1},
            "scopes": {"frameId": frame},
            "continue": {"threadId": 1},
            "next": {"threadId": 1},
        }.items():
            with pytest.raises(Refused):
                client.ask(request, **arguments)


@both
def test_what_was_printed_before_a_stop_is_shown_before_it(language: str, tmp_path: Path) -> None:
    long = {
        "lua": 'print(("x"):rep(300000))\nprint("end") -- @end\n',
        "javascript": 'console.log("x".repeat(300000));\nconsole.log("end"); // @end\n',
    }
    path = write(tmp_path, language, long)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path)
        client.breakpoints(path, 2)
        client.go()
        client.stopped("breakpoint")
        assert client.output("stdout") == "x" * 300_000 + "\n"


def test_the_answer_to_a_step_comes_before_the_stop(tmp_path: Path) -> None:
    path = write(tmp_path, "lua", spells.LOGGING)
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        client.launch(path, stopOnEntry=True)
        client.go()
        client.stopped("entry")
        for _ in range(100):
            client.ask("next", threadId=1)
            client.stopped("step")
        kinds = [m.get("command") or m["event"] for m in client.order]
        steps = [kind for kind in kinds if kind in ("next", "stopped")]
        assert steps == ["stopped", *["next", "stopped"] * 100]


def test_the_time_of_an_agent_stands_still_while_its_tool_does(tmp_path: Path) -> None:
    source = spells.AGENT["lua"].replace("tools = {", "timeout = 5, tools = {")
    path = write(tmp_path, "lua", {"lua": source})
    with Adapter(tmp_path, "--dap") as adapter:
        client = adapter.client
        thread, _ = stopped_at(client, path, "handler")
        time.sleep(5.2)
        client.ask("continue", threadId=thread)
        assert client.ended() == 0
        assert client.output("stdout") == "5\tdone\n"
