"""The Lua language server's view of the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lupa import lua54

from engines.lua.annotations import render, type_text
from tests.engines.lua_host import FOLDERS

with open(f"{FOLDERS[0]}/stdlib/api.json", encoding="utf-8") as file:
    API: dict[str, Any] = json.load(file)


def test_the_file_is_lua() -> None:
    lua54.LuaRuntime().compile(render(API))


def test_every_declared_function_and_record_is_there() -> None:
    text = render(API)
    for group, mark in (("globals", "."), ("objects", ":")):
        for noun in API[group]:
            for f in noun["functions"]:
                if noun["name"] != "Stream" or f["name"] != "next":
                    assert f"function {noun['name']}{mark}{f['name']}(" in text
    for record in API["records"]:
        assert f"---@class {record['name']}\n" in text


@pytest.mark.parametrize(
    ("described", "text"),
    [
        ("text", "string"),
        (["list", "text"], "string[]"),
        (["list", ["union", "text", "nothing"]], "(string|nil)[]"),
        (["map", ["list", "any"]], "table<string, any[]>"),
        (["literal", "a", "b"], '"a"|"b"'),
        (["object", "Agent"], "Agent"),
        (["function", [["name", "text"]], "nothing"], "fun(name: string): nil"),
        (["union", ["function", [], "any"], "text"], "(fun(): any)|string"),
    ],
)
def test_types(described: Any, text: str) -> None:
    assert type_text(described) == text


def test_a_stream_has_the_form_with_a_receiver() -> None:
    text = render(API)
    receiver = "receiver: fun(piece: string)): AgentResult"
    assert f"---@overload fun(self: Agent, input: any, {receiver}\n" in text
