"""Models on this machine arrive whole or not at all."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from bridges._errors import ConfigError, ModelNotFound, ProviderFailed, ProviderUnavailable
from bridges._local_models.store import CATALOGUE, Source, Store
from tests.processes import descendants

MEMBER = "tiny_model/tiny.gguf"
CONTENT = b"GGUF" + bytes(range(256)) * 4000
ROOT = Path(__file__).parent.parent.parent


def quiet(_done: int, _total: int) -> None:
    """Takes progress and says nothing."""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip uses as its only index, with one package in it."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    write_wheel(folder)
    return folder


def write_wheel(folder: Path, content: bytes = CONTENT) -> Path:
    wheel = folder / "tiny_model-1.0-py3-none-any.whl"
    info = "tiny_model-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(zipfile.ZipInfo(MEMBER), content)
        archive.writestr(
            zipfile.ZipInfo(f"{info}/METADATA"),
            "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\nRequires-Dist: nowhere-to-be\n",
        )
        archive.writestr(
            zipfile.ZipInfo(f"{info}/WHEEL"),
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), f"{MEMBER},,\n")
    return wheel


def source(wheel: Path) -> Source:
    return Source(
        package="tiny-model",
        version="1.0",
        wheel_size=wheel.stat().st_size,
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        member=MEMBER,
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        answer_tokens=100,
    )


def store_of(tmp_path: Path, index: Path, **changes: str) -> Store:
    wheel = next(index.glob("*.whl"))
    return Store(tmp_path / "models", {"tiny": replace(source(wheel), **changes)})  # type: ignore[arg-type]


def left_in(store: Store) -> list[str]:
    return sorted(path.name for path in store.folder.iterdir())


def test_a_model_is_fetched_listed_found_and_removed(tmp_path: Path, index: Path) -> None:
    store = store_of(tmp_path, index)
    assert [(m.name, m.installed, m.size) for m in store.list()] == [("tiny", False, len(CONTENT))]
    seen: list[tuple[int, int]] = []
    path = store.pull("tiny", lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o777 == 0o644
    assert seen[-1][0] == seen[-1][1] > len(CONTENT)
    assert all(done <= total for done, total in seen)
    assert store.find("tiny") == path
    assert [(m.name, m.installed) for m in store.list()] == [("tiny", True)]
    assert left_in(store) == [".lock", "tiny.gguf"]
    store.remove("tiny")
    assert left_in(store) == [".lock"]


def test_a_whole_model_is_not_fetched_again(tmp_path: Path, index: Path) -> None:
    store = store_of(tmp_path, index)
    store.pull("tiny", quiet)
    next(index.glob("*.whl")).unlink()
    store.pull("tiny", quiet)


def test_a_damaged_model_is_fetched_again(tmp_path: Path, index: Path) -> None:
    store = store_of(tmp_path, index)
    path = store.pull("tiny", quiet)
    path.write_bytes(CONTENT[:-1] + b"?")
    store.pull("tiny", quiet)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("which", ["wheel_sha256", "sha256"])
def test_other_content_than_expected_is_refused(tmp_path: Path, index: Path, which: str) -> None:
    store = store_of(tmp_path, index, **{which: "0" * 64})
    with pytest.raises(ProviderFailed, match="other content"):
        store.pull("tiny", quiet)
    assert left_in(store) == [".lock"]


def test_a_package_without_the_file_is_refused(tmp_path: Path, index: Path) -> None:
    store = store_of(tmp_path, index, member="tiny_model/other.gguf")
    with pytest.raises(ProviderFailed, match="no readable"):
        store.pull("tiny", quiet)
    assert left_in(store) == [".lock"]


def test_a_failed_fetch_leaves_what_was_there(tmp_path: Path, index: Path) -> None:
    store = store_of(tmp_path, index, sha256="0" * 64)
    store.folder.mkdir()
    (store.folder / "tiny.gguf").write_bytes(b"older")
    with pytest.raises(ProviderFailed):
        store.pull("tiny", quiet)
    assert (store.folder / "tiny.gguf").read_bytes() == b"older"


def test_a_package_that_cannot_be_had_says_why(tmp_path: Path, index: Path) -> None:
    store = store_of(tmp_path, index, version="2.0")
    with pytest.raises(ProviderUnavailable, match=r"tiny-model==2\.0: No matching") as failed:
        store.pull("tiny", quiet)
    assert "pip config list" in failed.value.hint
    assert left_in(store) == [".lock"]


def test_what_a_killed_pull_left_is_cleared(tmp_path: Path, index: Path) -> None:
    store = store_of(tmp_path, index)
    left = store.folder / ".pull-killed" / "parts"
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"x")
    store.pull("tiny", quiet)
    assert left_in(store) == [".lock", "tiny.gguf"]


def test_two_pulls_at_once_fetch_once(tmp_path: Path, index: Path) -> None:
    store = store_of(tmp_path, index)
    told: list[list[int]] = [[], []]

    def pull(number: int) -> None:
        Store(store.folder, store.catalogue).pull("tiny", lambda done, _: told[number].append(done))

    threads = [threading.Thread(target=pull, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, told)) == [False, True]
    assert (store.folder / "tiny.gguf").read_bytes() == CONTENT


PULL = """
import sys
from pathlib import Path
from bridges._local_models.store import CATALOGUE, Store
print("began", flush=True)
Store(Path(sys.argv[1])).pull("smollm2-135m", lambda done, total: None)
"""


def test_an_interrupted_pull_leaves_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes connections, never answers
        url = f"http://127.0.0.1:{server.getsockname()[1]}/simple"
        given = {**os.environ, "PIP_INDEX_URL": url, "PIP_CONFIG_FILE": os.devnull}
        drop = ("PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL")
        environment = {name: value for name, value in given.items() if name not in drop}
        process = subprocess.Popen(
            [sys.executable, "-c", PULL, str(tmp_path / "models")],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        server.settimeout(60)
        connection, _ = server.accept()  # the installer is at work
        scratch = list((tmp_path / "models").glob(".pull-*"))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        connection.close()
    assert scratch
    assert process.returncode not in (0, None)
    assert b"KeyboardInterrupt" in said
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".lock"]


def installers() -> list[str]:
    """Returns the command lines of the installers that this process has started."""
    found = []
    for pid in descendants(os.getpid()):
        try:
            found.append(Path(f"/proc/{pid}/cmdline").read_text())
        except OSError:
            continue
    return [line for line in found if "pip" in line.split("\0")]


def test_the_installer_ends_with_the_pull(tmp_path: Path, index: Path) -> None:
    class Enough(Exception):
        pass

    def stop(_done: int, _total: int) -> None:
        raise Enough

    store = store_of(tmp_path, index)
    with pytest.raises(Enough):
        store.pull("tiny", stop)
    assert not installers()
    assert left_in(store) == [".lock"]


@pytest.mark.parametrize("name", ["../tiny", "a/b", "", ".hidden", "tiny\n", "..", "a\0b"])
def test_what_is_no_name_is_no_path(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path / "models")
    with pytest.raises(ModelNotFound):
        store.path(name)


def test_a_model_not_here_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound) as missing:
        Store(tmp_path).find("smollm2-135m")
    assert "llmspell models pull smollm2-135m" in missing.value.hint


def test_an_unknown_model_names_the_nearest(tmp_path: Path) -> None:
    for act in (Store(tmp_path).find, lambda name: Store(tmp_path).pull(name, quiet)):
        with pytest.raises(ModelNotFound) as missing:
            act("smolm2-135m")
        assert "'smollm2-135m'" in missing.value.hint


def test_removing_what_is_not_here(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no model"):
        Store(tmp_path).remove("smollm2-135m")


def test_other_files_in_the_folder_are_models_too(tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").write_bytes(b"GGUF")
    (tmp_path / "readme.txt").write_bytes(b"no")
    assert [m.name for m in Store(tmp_path).list()] == ["mine", "smollm2-135m"]
    assert Store(tmp_path).find("mine") == tmp_path / "mine.gguf"


def test_a_folder_that_cannot_be_made(tmp_path: Path, index: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = Store(tmp_path / "file" / "models", store_of(tmp_path, index).catalogue)
    with pytest.raises(ConfigError, match="cannot keep models"):
        store.pull("tiny", quiet)


def test_the_catalogue_is_complete() -> None:
    for source in CATALOGUE.values():
        assert len(source.sha256) == len(source.wheel_sha256) == 64
        assert source.member.endswith(".gguf")
