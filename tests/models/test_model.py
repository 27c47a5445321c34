"""Model: what is known without asking anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridges._settings import ModelSettings, Provider
from tests.models.asking import ask, failure
from tests.sessions import make_session


def test_list_names_models_of_providers_that_could_be_asked(tmp_path: Path) -> None:
    names = ask(make_session(tmp_path, environ={"ANTHROPIC_API_KEY": "k"}), "Model.list")
    providers = {name.partition(":")[0] for name in names}
    assert providers == {"anthropic", "test"}
    assert "anthropic:claude-haiku-4-5" in names


def test_list_of_one_provider_needs_no_key(tmp_path: Path) -> None:
    names = ask(make_session(tmp_path), "Model.list", "openai")
    assert "openai:gpt-4o-mini" in names
    assert all(name.startswith("openai:") for name in names)


def test_list_knows_the_models_on_this_machine(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "models"
    folder.mkdir(parents=True)
    (folder / "tiny.gguf").write_bytes(b"GGUF")
    assert ask(make_session(tmp_path), "Model.list", "local") == ["local:tiny"]


def test_list_of_an_unknown_provider_names_the_nearest(tmp_path: Path) -> None:
    found = failure(make_session(tmp_path), "Model.list", "antropic")
    assert (found.code, found.hint) == ("invalid_argument", "did you mean 'anthropic'?")


def test_info_knows_window_price_and_abilities(tmp_path: Path) -> None:
    settings = ModelSettings(aliases={"mini": "openai:gpt-4o-mini"})
    found = ask(make_session(tmp_path, models=settings), "Model.info", "mini")
    assert found["name"] == "openai:gpt-4o-mini"
    assert found["provider"] == "openai"
    assert found["ready"] is False
    assert found["context_window"] == 128000
    assert (found["input_price"], found["output_price"]) == (0.15, 0.6)
    assert {"tools", "schema", "images"} <= set(found["capabilities"])


def test_info_of_a_price_that_rises_gives_the_first(tmp_path: Path) -> None:
    found = ask(make_session(tmp_path), "Model.info", "anthropic:claude-sonnet-4-5")
    assert (found["input_price"], found["output_price"]) == (3.0, 15.0)
    assert found["max_output"] == 64000


@pytest.mark.parametrize("name", ["ollama:llama3", "test:echo", "lab:gpt-4o-mini", "openai:new"])
def test_info_leaves_out_what_is_not_known(name: str, tmp_path: Path) -> None:
    settings = ModelSettings(providers={"lab": Provider("openai", "http://127.0.0.1:9/v1")})
    found: dict[str, Any] = ask(make_session(tmp_path, models=settings), "Model.info", name)
    assert found["name"] == name
    assert "input_price" not in found and "context_window" not in found


def test_info_without_a_name_is_about_the_default(tmp_path: Path) -> None:
    found = ask(make_session(tmp_path), "Model.info")
    assert (found["name"], found["ready"]) == ("local:smollm2-135m", True)


def test_info_of_an_unknown_provider_is_refused(tmp_path: Path) -> None:
    assert failure(make_session(tmp_path), "Model.info", "nobody:x").code == "invalid_argument"
