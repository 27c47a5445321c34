"""The only place that answers "may this spell do that?".

`Checked` values can be made by `Grants.check` alone, and the modules that touch files, network,
environment or programs take nothing else: a forgotten check does not type-check.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from bridges._errors import PermissionDenied

_TOKEN = object()


class Checked:
    """A value that passed a check; `value` is what was checked, resolved."""

    kind: ClassVar[str]
    __slots__ = ("value",)

    def __init__(self, value: str, token: object) -> None:
        if token is not _TOKEN:
            raise TypeError(f"{type(self).__name__} is made by Grants.check only")
        self.value = value


class ReadPath(Checked):
    kind = "read"


class WritePath(Checked):
    kind = "write"


class NetUrl(Checked):
    kind = "net"


class EnvName(Checked):
    kind = "env"


class Program(Checked):
    kind = "run"


C = TypeVar("C", bound=Checked)


@dataclass(frozen=True)
class Grants:
    """What one spell may do. Immutable; a nested spell, agent or tool gets a narrower copy.

    read, write: folders (or files) below which paths are granted
    net: host names, `host:port`, or `*.domain`; `public` for any public address; `*` for all
    env, run: names; `*` for all
    modules: folders beside the spell's own from which modules may be loaded
    deny_*: the same forms; a match here always wins
    secrets: whether files on the secrets list are granted as well
    """

    base: Path
    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    net: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    modules: tuple[Path, ...] = ()
    deny_read: tuple[Path, ...] = ()
    deny_write: tuple[Path, ...] = ()
    deny_net: tuple[str, ...] = ()
    deny_env: tuple[str, ...] = ()
    deny_run: tuple[str, ...] = ()
    secrets: bool = False

    def check(self, kind: type[C], value: str, *, api: str) -> C:
        """Returns the checked form of `value`, or raises PermissionDenied with the flag to add.

        api: the function that asks, as the script spells it
        """
        if kind in (ReadPath, WritePath):
            path = (self.base / value).resolve()
            roots = self.read if kind is ReadPath else self.write
            if any(path.is_relative_to(root) for root in roots):
                return kind(str(path), _TOKEN)
        raise PermissionDenied(
            f"{api} needs {kind.kind} access to {value!r}",
            hint=f"run again with --allow-{kind.kind}={value}",
        )
