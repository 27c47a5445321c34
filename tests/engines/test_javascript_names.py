"""Declared names in JavaScript, and the editor's declaration file."""
# ruff: noqa: E501 - a script on one line reads better than one in pieces

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.javascript.names import to_js
from engines.javascript.typings import render, type_text

words = st.from_regex(r"[a-z][a-z0-9]{0,4}", fullmatch=True)
parts = st.from_regex(r"[a-z0-9]{1,4}", fullmatch=True)
names = st.builds(lambda first, rest: "_".join([first, *rest]), words, st.lists(parts, max_size=4))


@given(names)
def test_no_two_names_become_one(name: str) -> None:
    spelled = to_js(name)
    assert "".join(f"_{c.lower()}" if c.isupper() else c for c in spelled) == name


@pytest.mark.parametrize(
    ("declared", "spelled"),
    [("read", "read"), ("read_lines", "readLines"), ("a_1", "a_1"), ("a1", "a1"), ("x_y_z", "xYZ")],
)
def test_names_are_spelled(declared: str, spelled: str) -> None:
    assert to_js(declared) == spelled


@pytest.mark.parametrize(
    ("described", "text"),
    [
        ("bytes", "Uint8Array"),
        (["list", "text"], "string[]"),
        (["list", ["union", "text", "nothing"]], "Array<string | null>"),
        (["map", "any"], "Record<string, any>"),
        (["literal", "a", "b"], "'a' | 'b'"),
        (["record", "AgentResult"], "AgentResult"),
        (["stream", "text", "any"], "Stream<string, any>"),
        (["function", [["max_size", "number"], ["new", "any"]], "nothing"],
         "(maxSize: number, new_: any) => void | Promise<void>"),
        (["union", "text", "function"], "string | ((...args: any[]) => any)"),
    ],
)  # fmt: skip
def test_types_are_written(described: Any, text: str) -> None:
    assert type_text(described) == text


def function(name: str, kind: str, params: list[Any], returns: Any = "nothing") -> dict[str, Any]:
    """Returns a declaration as in api.json."""
    return {
        "number": 0, "name": name, "kind": kind, "doc": f"Does {name}.", "returns": returns,
        "returns_doc": "", "since": 1, "needs": [],
        "params": [
            {"name": n, "doc": f"The {n}", "type": t, "required": needed, "fallback": None}
            for n, t, needed in params
        ],
    }  # fmt: skip


API: dict[str, Any] = {
    "level": 1,
    "globals": [
        {"name": "File", "doc": "Files.", "functions": [function("read_text", "sync", [("path", "text", True)], "text")]},
        {"name": "Agent", "doc": "Agents.", "functions": [function("new", "sync", [("options", ["record", "Options"], True)], ["object", "Agent"])]},
        {"name": "Async", "doc": "By hand.", "functions": [function("all", "engine", [])]},
        {"name": "JSON", "doc": "Native.", "functions": [function("parse", "sync", [])]},
    ],
    "objects": [
        {"name": "Agent", "doc": "An agent.", "functions": [
            function("run", "async", [("input", "any", True), ("options", ["union", ["record", "Options"], "nothing"], False)], ["record", "Answer"]),
            function("stream", "stream", [("input", "any", True), ("options", ["record", "Options"], False)], ["stream", "text", ["record", "Answer"]]),
            function("wait", "async", []),
        ]},
    ],
    "records": [
        {"name": "Options", "doc": "Options.", "text": False, "fields": [{"name": "max_tokens", "doc": "At most", "type": "integer", "required": False}]},
        {"name": "Answer", "doc": "An answer.", "text": True, "fields": [{"name": "text", "doc": "It", "type": "text", "required": True}]},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "declare const File: {",
        "  readText(path: string): string;",
        "declare class Agent {",
        "  constructor(options: Options);",
        "  static new(options: Options): Agent;",
        "  run(input: any, options?: (Options | null) & Cancellable): Promise<Answer>;",
        "  stream(input: any, options?: Options): Stream<string, Answer>;",
        "  stream(input: any, receive: (piece: string) => any): Promise<Answer>;",
        "  stream(input: any, options: Options, receive: (piece: string) => any): Promise<Answer>;",
        "  wait(options?: Cancellable): Promise<void>;",
        "  maxTokens?: number;",
        "  toString(): string;",
        "   * @param path - The path",
        "declare module 'llmspell/retry' {",
    ],
)
def test_the_declaration_file_has(line: str) -> None:
    assert line in render(API).splitlines()


def test_the_declaration_file_leaves_native_nouns_alone() -> None:
    text = render(API)
    assert "declare const JSON" not in text
    assert text.count("declare const Async") == 1
