"""The record of what the user trusts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridges._errors import ConfigError
from llmspell_cli import trust
from tests.cli.worlds import make_world


def test_trust_is_for_path_and_content(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    file = world.cwd / "llmspell.toml"
    file.write_bytes(b"a")
    assert not trust.is_trusted(world, file, b"a")
    trust.trust(world, file)
    assert trust.is_trusted(world, file, b"a")
    assert not trust.is_trusted(world, file, b"b")
    assert not trust.is_trusted(world, world.cwd / "other.toml", b"a")


def test_a_link_is_the_file_it_points_to(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    (world.cwd / "real.toml").write_bytes(b"a")
    (world.cwd / "link.toml").symlink_to(world.cwd / "real.toml")
    trust.trust(world, world.cwd / "link.toml")
    assert list(trust.listed(world)) == [str((world.cwd / "real.toml").resolve())]


def test_forget(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    file = world.cwd / "llmspell.toml"
    file.write_bytes(b"a")
    trust.trust(world, file)
    assert trust.forget(world, file)
    assert not trust.is_trusted(world, file, b"a")
    assert not trust.forget(world, file)


@pytest.mark.parametrize("content", [b"", b"not json", b"[1]", b'{"/x": 3}', b"\xff"])
def test_a_damaged_record_trusts_nothing(content: bytes, tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.data_dir.mkdir()
    (world.data_dir / trust.FILE).write_bytes(content)
    assert trust.listed(world) == {}


def test_a_file_that_cannot_be_read_is_not_trusted(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        trust.trust(world, world.cwd / "llmspell.toml")
