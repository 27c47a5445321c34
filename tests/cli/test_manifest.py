"""What a spell says of itself, and the parameters it takes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from bridges._errors import ConfigError, InvalidArgument
from bridges._session import Limits
from llmspell_cli import manifest
from llmspell_cli.manifest import Manifest
from llmspell_cli.params import ParamSpec, bind_params, bind_values, describe
from tests.cli.worlds import make_world

FULL = """#!/usr/bin/env llmspell
-- A license.

-- /// spell
-- name = "sum-up"
-- description = "Sums up"
-- version = "1.2"
-- model = "test:echo"
--
-- [params.words]
-- type = "integer"
-- default = 100
-- description = "How long"
-- [params.style]
-- choices = ["short", "long"]
-- required = true
-- [security]
-- allow_net = ["example.org"]
-- [limits]
-- timeout = "10s"
-- memory = "1GB"
-- ///
return 1
"""
PARAMS = {
    "text": ParamSpec(),
    "count": ParamSpec("integer", default=3),
    "ratio": ParamSpec("number"),
    "on": ParamSpec("boolean"),
    "tags": ParamSpec("list"),
    "extra": ParamSpec("map"),
    "size": ParamSpec(choices=("s", "m")),
}


def read(source: str, comment: str = "--") -> Manifest:
    return manifest.read(source, comment, Path("x.lua"))


def bind(tmp_path: Path, *pairs: str, **more: Any) -> dict[str, Any]:
    world = make_world(tmp_path, stdin=more.pop("stdin", b""))
    known = more.pop("known", Manifest("x", params=PARAMS))
    return bind_params(known, list(pairs), more.get("file"), [], world)


def test_a_full_block() -> None:
    found = read(FULL)
    assert (found.name, found.description, found.version) == ("sum-up", "Sums up", "1.2")
    assert found.model == "test:echo"
    assert found.params["words"] == ParamSpec("integer", 100, False, "How long")
    assert found.params["style"] == ParamSpec("string", None, True, "", ("short", "long"))
    assert found.asks == {"allow_net": ("example.org",)}
    assert manifest.leading_comment(FULL, "--") == "A license."


@pytest.mark.parametrize(
    "source",
    ["", "return 1", "-- a comment\n", "return '-- /// spell'", "local x\n-- /// spell\nname\n"],
)
def test_no_block_is_just_a_name(source: str) -> None:
    assert read(source) == Manifest("x")
    assert manifest.read(source, "--", None) == Manifest("eval")


def test_without_a_block_no_toml_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tomllib", None)
    assert read("-- a comment\nreturn 1\n") == Manifest("x")


def test_javascript_writes_it_in_its_own_comments() -> None:
    assert read('// /// spell\n// name = "a"\n// ///\n', "//").name == "a"
    assert read('-- /// spell\n-- name = "a"\n-- ///\n', "//").name == "x"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ('nam = "a"', ":2: nam is not a manifest key"),
        ("name = 3", ":2: name must be text"),
        ('name = "a b"', ":2: name must be letters"),
        ("params = 1", ":2: params must be a table"),
        ("[params]\nx = 1", ":3: params.x must be a table"),
        ('[params."a b"]\ntype = "string"', ":2: params.a b is not a name"),
        ('[params.x]\ntype = "text"', ":2: params.x has the type 'text'"),
        ("[params.x]\nrequred = true", ":2: params.x has no field 'requred'"),
        ('[params.x]\ntype = "integer"\ndefault = "1"', ":2: params.x must be a whole number"),
        ("[params.x]\nrequired = true\ndefault = 'a'", ":2: params.x is required, so"),
        ('[params.x]\nchoices = ["a"]\ndefault = "b"', ":2: params.x must be one of 'a'"),
        ("[params.x]\nchoices = [1]", ":2: params.x must have a list"),
        ("[params.x]\nrequired = 1", ":2: params.x must have true or false"),
        ('[security]\nprofile = "none"', ":3: security.profile cannot be asked for"),
        ('[security]\nallow_net = "a"', ":3: security.allow_net must be a list"),
        ("[limits]\ntimout = 1", ":3: limits.timout is not a limit"),
        ("[limits]\ntimeout = -1", ":3: limits.timeout must be seconds"),
        ("name = ", ":2: not valid TOML"),
    ],
)
def test_errors_name_file_and_line(block: str, said: str) -> None:
    lines = "".join(f"-- {line}\n" for line in block.splitlines())
    with pytest.raises(ConfigError) as caught:
        read(f"-- /// spell\n{lines}-- ///\n")
    assert caught.value.message.startswith(f"x.lua{said}")


def test_a_block_that_is_not_closed() -> None:
    with pytest.raises(ConfigError, match="x.lua:2: the manifest is not closed"):
        read('\n-- /// spell\n-- name = "a"\nreturn 1\n-- ///\n')


def test_a_spell_lowers_limits_and_never_raises_them() -> None:
    limits = Limits(timeout=60, memory=1000)
    found = read(FULL).lowered(limits)
    assert (found.timeout, found.memory) == (10.0, 1000)
    assert Manifest("x").lowered(limits) is limits


def test_a_folder_spell(tmp_path: Path) -> None:
    assert manifest.load_folder(tmp_path) == Manifest(tmp_path.name)
    (tmp_path / "spell.toml").write_text('description = "d"\n')
    assert manifest.load_folder(tmp_path).description == "d"
    (tmp_path / "spell.toml").write_text("\nnam = 1\n")
    with pytest.raises(ConfigError, match=r"spell.toml:2: nam is not a manifest key"):
        manifest.load_folder(tmp_path)


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("text=a=b", "a=b"),
        ("text=", ""),
        ("text=12", "12"),
        ("count=-4", -4),
        ("ratio=2", 2.0),
        ("ratio=1e3", 1000.0),
        ("on=yes", True),
        ("on=FALSE", False),
        ("tags=one", ["one"]),
        ('tags=["a", 1]', ["a", 1]),
        ('extra={"a": [1]}', {"a": [1]}),
        ("size=m", "m"),
    ],
)
def test_a_text_becomes_what_the_manifest_says(pair: str, value: object, tmp_path: Path) -> None:
    found = bind(tmp_path, pair)[pair.partition("=")[0]]
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("count=many", "'count' must be a whole number, not 'many'"),
        ("count=1.5", "'count' must be a whole number"),
        ("ratio=nan", "'ratio' must be a number"),
        ("ratio=x", "'ratio' must be a number"),
        ("on=maybe", "'on' must be true or false"),
        ("extra=[1]", "'extra' must be a map"),
        ("extra={", "'extra' must be a map written as JSON"),
        ("tags=[1", "'tags' must be a list written as JSON"),
        ("size=xl", "'size' must be one of 's', 'm', not 'xl'"),
        ("txt=a", "x has no parameter 'txt'"),
        ("text", "--param takes name=value, not 'text'"),
        ("=a", "--param takes name=value"),
    ],
)
def test_a_wrong_parameter_is_named(pair: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        bind(tmp_path, pair)
    assert said in caught.value.message


def test_only_a_list_is_given_twice(tmp_path: Path) -> None:
    assert bind(tmp_path, "tags=a", "tags=b")["tags"] == ["a", "b"]
    with pytest.raises(ConfigError, match="is given 2 times"):
        bind(tmp_path, "text=a", "text=b")


def test_defaults_and_what_is_missing(tmp_path: Path) -> None:
    assert bind(tmp_path) == {"count": 3}
    known = Manifest("x", params={"city": ParamSpec(required=True, description="Where")})
    with pytest.raises(ConfigError, match="'city' is missing") as caught:
        bind(tmp_path, known=known)
    assert caught.value.hint == "pass --param city=STRING (Where)"
    with pytest.raises(ConfigError) as caught:
        bind_params(known, [], None, ["city=Oslo"], make_world(tmp_path))
    assert "put --param before it" in caught.value.hint


def test_a_spell_without_declared_parameters_takes_any_as_text(tmp_path: Path) -> None:
    assert bind(tmp_path, "a=1", "b=true", known=Manifest("x")) == {"a": "1", "b": "true"}


def test_parameters_from_a_file_are_checked_and_overridden(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "p.toml").write_text('text = "file"\ncount = 5\nratio = 2\n')
    found = bind(tmp_path, "count=6", file="p.toml")
    assert found == {"text": "file", "count": 6, "ratio": 2.0}
    (work / "p.json").write_text('{"count": "5"}')
    with pytest.raises(ConfigError, match="'count' must be a whole number"):
        bind(tmp_path, file="p.json")
    (work / "p.json").write_text('{"cuont": 5}')
    with pytest.raises(ConfigError, match="x has no parameter 'cuont'"):
        bind(tmp_path, file="p.json")


def test_parameters_from_standard_input(tmp_path: Path) -> None:
    assert bind(tmp_path, file="-", stdin=b'{"text": "in"}') == {"text": "in", "count": 3}
    for content, said in (
        (b"[1]", "must be a JSON object"),
        (b'{\n"a"', "standard input:2: the parameters are not valid JSON"),
        (b"\xff", "standard input:1: the file is not UTF-8"),
    ):
        with pytest.raises(ConfigError, match=said):
            bind(tmp_path, file="-", stdin=content)
    with pytest.raises(ConfigError, match="'no.json' cannot be read"):
        bind(tmp_path, file="no.json")


def test_another_spell_gives_values_not_texts() -> None:
    known = Manifest("x", params={**PARAMS, "city": ParamSpec(required=True)})
    assert bind_values(known, {"city": "Oslo", "count": 4}) == {"city": "Oslo", "count": 4}
    assert bind_values(Manifest("x"), {"any": [1]}) == {"any": [1]}
    for given, said in (
        ({}, "'city' is missing"),
        ({"city": 3}, "'city' must be text"),
        ({"city": "a", "count": True}, "'count' must be a whole number"),
        ({"town": "a"}, "x has no parameter 'town'"),
    ):
        with pytest.raises(InvalidArgument, match=said):
            bind_values(known, given)


def test_parameters_in_words() -> None:
    assert describe(ParamSpec("integer", 3)) == "integer, default 3"
    assert describe(ParamSpec("string", None, True, "", ("a", "b"))) == (
        "string, one of a, b, required"
    )
