"""Commands whose output is more than a text to compare."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from llmspell_cli import main
from llmspell_cli.commands.new import TEMPLATES, Language, Template
from llmspell_cli.reference import render
from tests.cli.worlds import make_world, written


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("template", list(Template))
def test_every_template_is_a_sound_spell(
    language: Language, template: Template, tmp_path: Path
) -> None:
    world = make_world(tmp_path, "new", "mine", "-l", language.value, "-t", template.value)
    assert main.run(world) == 0
    made = written(world)[0].strip()
    assert "{{" not in (world.cwd / made).read_text()
    assert os.access(world.cwd / made, os.X_OK)
    world = make_world(tmp_path, "check", made, "--json")
    assert main.run(world) == 0, written(world)
    report = json.loads(written(world)[0])[0]
    assert (report["name"], report["language"]) == ("mine", language.value)
    assert report["description"]


def test_the_languages_have_the_same_templates() -> None:
    found = {folder.name: {f.stem for f in folder.iterdir()} for folder in TEMPLATES.iterdir()}
    assert found == {language.value: {t.value for t in Template} for language in Language}


def test_info_shows_that_keys_are_there_and_not_the_keys(tmp_path: Path) -> None:
    world = make_world(tmp_path, "info", "--json", OPENAI_API_KEY="sk-of-the-user")
    assert main.run(world) == 0
    text = written(world)[0]
    found = json.loads(text)
    assert found["models"]["keys"] == ["OPENAI_API_KEY"]
    assert "sk-of-the-user" not in text
    assert set(found["engines"]) == {"lua", "javascript"}
    assert all("sandbox: " in engine for engine in found["engines"].values())


def test_config_show_hides_keys(tmp_path: Path) -> None:
    for flags in ([], ["--json"]):
        world = make_world(
            tmp_path,
            *("config", "show", *flags),
            LLMSPELL_PROVIDERS__LAB__KIND="openai",
            LLMSPELL_PROVIDERS__LAB__API_KEY="sk-of-the-user",
        )
        assert main.run(world) == 0
        text = written(world)[0]
        assert "(set)" in text and "sk-of-the-user" not in text


def test_a_tool_is_called_under_the_grants_of_the_command_line(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("text\n")
    words = ("tools", "call", "file_read", f"path={outside}")
    world = make_world(tmp_path, *words)
    assert main.run(world) == 3
    world = make_world(tmp_path, *words, f"--allow-read={outside}")
    assert main.run(world) == 0
    assert written(world)[0] == "text\n"


def test_the_arguments_of_a_tool_as_json(tmp_path: Path) -> None:
    world = make_world(tmp_path, "tools", "call", "calculator", "--json", '{"expression": "1+1"}')
    assert main.run(world) == 0
    assert written(world)[0] == "2\n"
    world = make_world(tmp_path, "tools", "call", "calculator", "--json", "[1]")
    assert main.run(world) == 2


def test_types_leave_the_editors_settings_of_the_user_alone(tmp_path: Path) -> None:
    world = make_world(tmp_path, "types")
    own = world.cwd / ".luarc.json"
    own.write_text("{}")
    assert main.run(world) == 0
    assert own.read_text() == "{}"
    compiler = json.loads((world.cwd / "jsconfig.json").read_text())["compilerOptions"]
    # Newer TypeScript is strict unless told: it would refuse every parameter without a type.
    assert compiler["checkJs"] and not compiler["strict"]
    assert "Agent" in (world.cwd / ".llmspell/types/llmspell.meta.lua").read_text()
    assert "Agent" in (world.cwd / ".llmspell/types/llmspell.d.ts").read_text()


def test_the_stub_stands_for_the_lua_libraries_it_defines(tmp_path: Path) -> None:
    world = make_world(tmp_path, "types")
    assert main.run(world) == 0
    settings = json.loads((world.cwd / ".luarc.json").read_text())
    stub = (world.cwd / ".llmspell/types/llmspell.meta.lua").read_text()
    disabled = settings["runtime.builtin"]
    assert set(disabled.values()) == {"disable"}
    # `package` is where the language server has `require` from.
    assert disabled.keys() - {"package"} == set(
        re.findall(r"^([a-z]+) = \{\}$", stub, re.MULTILINE)
    )
    assert "function require(name) end" in stub


def test_the_reference_spells_names_for_both_languages() -> None:
    function = {
        "number": 0,
        "name": "read_lines",
        "kind": "async",
        "doc": "Reads lines.",
        "params": [
            {
                "name": "file_name",
                "doc": "Which | one",
                "type": ["union", "text", ["list", ["record", "Line"]], "nothing"],
                "required": False,
                "fallback": "x",
            }
        ],
        "returns": ["list", "text"],
        "returns_doc": "The lines",
        "needs": ["read(file_name)"],
        "since": 2,
    }
    noun = {"name": "File", "doc": "Files.", "functions": [function]}
    field = {"name": "text", "doc": "Its text", "type": ["literal", "a", "b"], "required": True}
    line = {"name": "Line", "doc": "A line.", "text": True, "fields": [field]}
    text = render({"globals": [noun], "objects": [noun], "records": [line]})
    assert "local value = File.read_lines(file_name)" in text
    assert "const value = await File.readLines(fileName)" in text
    assert "local value = file:read_lines(file_name)" in text
    assert (
        '| `file_name` (optional) | text or list of [Line](#line) | Which \\| one (default `"x"`) |'
    ) in text
    assert '| `text` | `"a"` or `"b"` | Its text |' in text
    assert "Needs the permission `read(file_name)`." in text
    assert "Since API level 2." in text
