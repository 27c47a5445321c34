"""Finds the modules a spell requires or imports: its own folder, granted folders, `llmspell/*`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from bridges._errors import InvalidArgument, NotFound, PermissionDenied
from bridges._permissions import Grants

STDLIB = Path(__file__).parent.parent / "stdlib"
MAX_BYTES = 4 * 1024 * 1024
LUA_NAME = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*")


class Modules:
    """The modules one spell may load.

    A module's id is its path below its root, with forward slashes, so that tracebacks name no host
    folder; `llmspell/NAME` for the standard library.

    roots: the folders they lie in, the spell's own first
    """

    def __init__(self, language: str, folder: Path, grants: Grants) -> None:
        """folder: the spell's own; grants: name more folders, and what is not loaded."""
        self._language = language
        self._grants = grants
        self.roots = [folder.resolve(), *(path.resolve() for path in grants.modules)]

    def load(self, importer: str, name: str) -> tuple[str, str]:
        """Returns the id and source of the module `name` that module `importer` asks for.

        Raises NotFound, PermissionDenied for a path that leads outside, InvalidArgument for a
        name or a file that cannot be a module.
        """
        if len(name) > 200 or "\0" in name:
            raise InvalidArgument("a module's name has at most 200 characters and no NUL")
        if self._language == "lua":
            return self._load_lua(name)
        return self._load_javascript(importer, name)

    def _load_lua(self, name: str) -> tuple[str, str]:
        if not LUA_NAME.fullmatch(name):
            raise InvalidArgument(
                f"{name!r} is not a module's name", hint="write folders with dots: require 'lib.x'"
            )
        if name.startswith("llmspell."):
            return self._standard(name.removeprefix("llmspell."), "lua", ".")
        stem = name.replace(".", "/")
        return self._first(name, [f"{stem}.lua", f"{stem}/init.lua"])

    def _load_javascript(self, importer: str, name: str) -> tuple[str, str]:
        if name.startswith("llmspell/"):
            return self._standard(name.removeprefix("llmspell/"), "javascript", "/")
        if not name.startswith(("./", "../")):
            raise NotFound(
                f"there is no module {name!r}",
                hint="spells import llmspell/NAME and files by ./relative paths",
            )
        if importer.startswith("llmspell/"):
            raise PermissionDenied(f"{importer} may not import {name!r}")
        path = os.path.normpath(os.path.join(os.path.dirname(importer), name))
        known = path.endswith((".js", ".mjs", ".json"))
        names = [path] if known else [f"{path}.js", f"{path}/index.js"]
        return self._first(name, names)

    def _standard(self, name: str, folder: str, mark: str) -> tuple[str, str]:
        suffix = {"lua": ".lua", "javascript": ".js"}[folder]
        file = STDLIB / folder / f"{name}{suffix}"
        if not re.fullmatch(r"[a-z_]+", name) or not file.is_file():
            known = sorted(
                f"llmspell{mark}{path.stem}"
                for path in (STDLIB / folder).glob(f"*{suffix}")
                if "." not in path.stem
            )
            raise NotFound(
                f"there is no module 'llmspell{mark}{name}'", hint=f"there are {', '.join(known)}"
            )
        return f"llmspell/{name}", file.read_text(encoding="utf-8")

    def _first(self, name: str, paths: list[str]) -> tuple[str, str]:
        for root, path in self._candidates(paths):
            real = (root / path).resolve()
            sys.audit("llmspell.module", str(real))
            if real.is_file():
                if not real.is_relative_to(root):
                    raise PermissionDenied(
                        f"module {name!r} leads outside the spell's folder",
                        hint="add its folder to modules under [security]",
                    )
                if self._grants.hides(str(real), str(root)):
                    raise PermissionDenied(
                        f"module {name!r} is a file that spells may not read",
                        hint="it is on the list of secrets, or a deny rule refuses it",
                    )
                return path, _read(name, real)
        raise NotFound(f"there is no module {name!r}", hint=f"looked for {', '.join(paths)}")

    def _candidates(self, paths: list[str]) -> Iterator[tuple[Path, str]]:
        for root in self.roots:
            for path in paths:
                if path.startswith("..") or os.path.isabs(path):
                    raise PermissionDenied(
                        f"module path {path!r} leads outside the spell's folder",
                        hint="modules live in the spell's folder or below it",
                    )
                yield root, path


def _read(name: str, path: Path) -> str:
    # The path is resolved: a link put there since then is refused, as is a pipe or a device.
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise NotFound(f"module {name!r} cannot be read: {error.strerror}") from None
    with open(fd, "rb") as file:
        if not path.is_file():
            raise InvalidArgument(f"module {name!r} is not a file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InvalidArgument(f"module {name!r} is larger than {MAX_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidArgument(f"module {name!r} is not UTF-8 text") from None
