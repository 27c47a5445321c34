"""The only place that answers "may this spell do that?".

`Checked` values can be made by `Grants.check` alone, and the modules that touch files, network,
environment or programs take nothing else: a forgotten check does not type-check.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from bridges._errors import ConfigError, InvalidArgument, NotFound, PermissionDenied
from bridges._names import did_you_mean
from bridges._secrets import fold, is_protected, is_secret

if TYPE_CHECKING:
    from bridges._hosts import Address

# bridges._hosts is imported where a host is judged: most spells never reach the network.
_TOKEN = object()
ALL = Path("/")
SHARED = ("global",)
"""The scopes of states that have to be granted."""
KINDS = ("read", "write", "net", "env", "run", "state", "modules")
"""What there is to be granted."""


class Checked:
    """A value that passed a check; `value` is what was checked, resolved."""

    kind: ClassVar[str]
    choices: ClassVar[tuple[str, ...]] = ()
    """What there is to choose from, where it is not just any text."""
    __slots__ = ("_value",)

    def __init__(self, value: str, token: object) -> None:
        if token is not _TOKEN:
            raise TypeError(f"{type(self).__name__} is made by Grants.check only")
        self._value = value

    @property
    def value(self) -> str:
        """What was checked, resolved."""
        return self._value

    @classmethod
    @cache
    def kinds(cls) -> tuple[str, ...]:
        """Returns the kinds of permission that making one checks."""
        return tuple(vars(k)["kind"] for k in reversed(cls.__mro__) if "kind" in vars(k))

    @classmethod
    def is_free(cls, value: str) -> bool:
        """Tells whether a value is for anybody to use."""
        return False


class ReadPath(Checked):
    """An absolute path without links that may be read."""

    kind = "read"


class ModulePath(Checked):
    """An absolute path without links to a spell that may be run."""

    kind = "read"


class WritePath(Checked):
    """An absolute path without links that may be written."""

    kind = "write"


class EntryPath(WritePath):
    """As WritePath, but a link at its end is not followed: the entry itself is meant."""


class KeptPath(WritePath, ReadPath):
    """As WritePath, and it may be read as well."""


class NetUrl(Checked):
    """An http or https URL, in its one spelling, whose host is granted."""

    kind = "net"


class EnvName(Checked):
    """The name of an environment variable that may be read."""

    kind = "env"


class Program(Checked):
    """The absolute path of a program that may be run."""

    kind = "run"


class StateScope(Checked):
    """Whose a state is; one that all spells share has to be granted."""

    kind = "state"
    choices: ClassVar[tuple[str, ...]] = ("run", "spell", "agent", "session", "global")

    @classmethod
    def is_free(cls, value: str) -> bool:
        return value not in SHARED


C = TypeVar("C", bound=Checked)

PROFILES = ("high", "medium", "low", "none")
"""From the tightest to none at all; `medium` is the one nobody has to ask for."""

_WHY = {
    "denied": "a deny rule refuses it, and no grant outweighs one",
    "secret": "it is on the list of secrets, so it has to be granted by its own name: ",
    "protected": "spells do not write it unless it is granted by its own name: ",
    "missing": "run again with ",
}


@dataclass(frozen=True)
class Grants:
    """What one spell may do. Immutable; a nested spell, agent or tool gets a narrower copy.

    base: the working directory, which relative paths start from
    read, write: folders (or files) below which paths are granted
    net: host names, `host:port`, or `*.domain`; `public` for any public address; `*` for all
    env, run: names (`*` stands for any characters); programs also by path
    state: `global` for the states that all spells share
    modules: folders from which modules and nested spells may be loaded, the spell's own first
    deny_*: the same forms; a match here always wins
    secrets: whether files on the secrets list are granted as well
    search: folders in which programs are looked for by name
    outer: the grants this one was narrowed from; each must agree as well
    """

    base: Path
    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    net: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    modules: tuple[Path, ...] = ()
    deny_read: tuple[Path, ...] = ()
    deny_write: tuple[Path, ...] = ()
    deny_net: tuple[str, ...] = ()
    deny_env: tuple[str, ...] = ()
    deny_run: tuple[str, ...] = ()
    deny_state: tuple[str, ...] = ()
    secrets: bool = False
    search: tuple[Path, ...] = (Path("/usr/local/bin"), Path("/usr/bin"), Path("/bin"))
    outer: tuple[Grants, ...] = ()

    @classmethod
    def for_profile(
        cls, profile: str, cwd: Path, spell_folder: Path | None, search_path: str | None = None
    ) -> Grants:
        """Returns the grants of a profile; an unknown one is ConfigError.

        cwd: the working directory; spell_folder: where the spell lies, None for `eval`
        search_path: folders of programs as PATH has them; None is this process's own
        """
        if profile not in PROFILES:
            hint = did_you_mean(profile, PROFILES)
            raise ConfigError(f"there is no security profile {profile!r}", hint=hint)
        base = Path(os.path.realpath(cwd))
        # A working directory inside ~/.ssh grants nothing: only a flag names secrets.
        own = () if is_secret(str(base)) else (base,)
        profiles: dict[str, dict[str, Any]] = {
            "high": {},
            "medium": {"read": own, "write": own},
            "low": {"read": (ALL,), "write": own, "net": ("public",), "state": SHARED},
            "none": {
                "read": (ALL,),
                "write": (ALL,),
                "net": ("*",),
                "env": ("*",),
                "run": ("*",),
                "state": SHARED,
                "secrets": True,
            },
        }
        modules = (Path(os.path.realpath(spell_folder)),) if spell_folder else ()
        path = os.environ.get("PATH", os.defpath) if search_path is None else search_path
        # A relative entry of PATH would take programs from wherever the spell runs.
        search = tuple(Path(part) for part in path.split(os.pathsep) if os.path.isabs(part))
        return cls(base=base, modules=modules, search=search, **profiles[profile])

    def with_flags(self, **flags: Iterable[str | Path]) -> Grants:
        """Returns these grants widened by `allow_read`, `allow_net` … and cut by `deny_read` ….

        Paths are relative to the working directory (`~` is the user's home) and resolved now;
        network patterns are checked. An unknown flag is a TypeError.
        """
        fields: dict[str, Any] = {}
        for flag, values in flags.items():
            verb, _, kind = flag.partition("_")
            name = kind if verb == "allow" else flag
            if kind not in KINDS or verb not in ("allow", "deny") or flag == "deny_modules":
                raise TypeError(f"{flag} is not a grant")
            fields[name] = (*getattr(self, name), *(self._read_flag(kind, v) for v in values))
        return replace(self, **fields)

    def narrow(self, other: Grants) -> Grants:
        """Returns `other` cut to what these grants allow: both must agree, and both deny."""
        return replace(other, outer=(*other.outer, self, *self.outer))

    def check(self, kind: type[C], value: str, *, api: str) -> C:
        """Returns the checked form of `value`, or raises PermissionDenied with the flag to add.

        api: the function that asks, as the script spells it
        """
        if issubclass(kind, NetUrl):
            return kind(self._check_url(value, api), _TOKEN)
        if issubclass(kind, EnvName):
            self._refuse(self._why_not_named("env", value), "env", value, api)
            return kind(value, _TOKEN)
        if issubclass(kind, Program):
            return kind(self._check_program(value, api), _TOKEN)
        if issubclass(kind, StateScope):
            if not kind.is_free(value):
                self._refuse(self._why_not_named("state", value), "state", value, api)
            return kind(value, _TOKEN)
        real = self._resolve(kind, value, api)
        for part in (ReadPath, WritePath) if issubclass(kind, KeptPath) else (kind,):
            self._refuse(self.why_not(part, real), part.kind, value, api)
        return kind(real, _TOKEN)

    def why_not(self, kind: type[Checked], real: str) -> str:
        """Returns why a resolved path is not granted (`missing`, `denied` …), or nothing."""
        return next(filter(None, (grants._why_not_path(kind, real) for grants in self._all())), "")

    def hides(self, real: str, root: str) -> bool:
        """Tells whether a file below a modules folder `root` may not be loaded all the same."""
        if any(_below(fold(real), fold(str(d))) for g in self._all() for d in g.deny_read):
            return True
        return is_secret(real) and not is_secret(root) and not all(g.secrets for g in self._all())

    def reaches(self, host: str, port: int, address: Address | None = None) -> bool:
        """Tells whether a host may be reached; with `address`, whether there."""
        return not self._why_not_host(host, port, address)

    def grants_env(self, name: str) -> bool:
        """Tells whether an environment variable may be read."""
        return not self._why_not_named("env", name)

    def _all(self) -> Iterator[Grants]:
        yield self
        yield from self.outer

    def _read_flag(self, kind: str, value: str | Path) -> Any:
        if kind in ("read", "write", "modules", "deny_read", "deny_write"):
            return Path(os.path.realpath(self.base / os.path.expanduser(value)))
        if kind.endswith("net"):
            from bridges._hosts import read_pattern

            return read_pattern(str(value))
        if kind.endswith("state") and value not in SHARED:
            raise ConfigError(
                f"{value!r} is no scope of states that has to be granted",
                hint=f"it can be {', '.join(SHARED)}",
            )
        if kind.endswith("run") and "/" in str(value):
            return os.path.abspath(self.base / os.path.expanduser(value))
        return str(value)

    def _resolve(self, kind: type[Checked], value: str, api: str) -> str:
        if not value or "\0" in value:
            raise InvalidArgument(f"{api} needs a path, got {value!r}")
        try:
            if issubclass(kind, EntryPath):
                folder, name = os.path.split(self.base / value)
                if name not in ("", ".."):
                    return os.path.join(os.path.realpath(folder), name)
            if issubclass(kind, ModulePath):
                beside = self.modules[0] / value if self.modules else self.base / value
                return os.path.realpath(beside if beside.exists() else self.base / value)
            return os.path.realpath(self.base / value)
        except (ValueError, OSError):
            raise InvalidArgument(f"{api}: {value!r} is not a path") from None

    def _why_not_path(self, kind: type[Checked], real: str) -> str:
        writes = issubclass(kind, WritePath)
        roots, denied = (self.write, self.deny_write) if writes else (self.read, self.deny_read)
        if issubclass(kind, ModulePath):
            roots = (*roots, *self.modules)
        if any(_below(fold(real), fold(str(root))) for root in denied):
            return "denied"
        covering = [str(root) for root in roots if _below(real, str(root))]
        if not covering:
            return "missing"
        if self.secrets:
            return ""
        # A grant that is itself on a list was given by name, so it means what it says.
        if is_secret(real) and not any(map(is_secret, covering)):
            return "secret"
        if writes and is_protected(real) and not any(map(is_protected, covering)):
            return "protected"
        return ""

    def _why_not_named(self, kind: str, value: str) -> str:
        for grants in self._all():
            if any(fnmatchcase(value, name) for name in getattr(grants, f"deny_{kind}")):
                return "denied"
            if not any(fnmatchcase(value, name) for name in getattr(grants, kind)):
                return "missing"
        return ""

    def _why_not_host(self, host: str, port: int, address: Address | None) -> str:
        from bridges._hosts import allows, denies

        for grants in self._all():
            if denies(grants.deny_net, host, port, address):
                return "denied"
            if not allows(grants.net, host, port, address):
                return "missing"
        return ""

    def _check_url(self, url: str, api: str) -> str:
        from bridges._hosts import DEFAULT_PORTS, split_url

        scheme, host, port, rest = split_url(url, api)
        usual = port == DEFAULT_PORTS[scheme]
        named = f"[{host}]" if ":" in host else host
        place = named if usual else f"{named}:{port}"
        self._refuse(self._why_not_host(host, port, None), "net", place, api)
        return f"{scheme}://{place}{rest}"

    def _check_program(self, value: str, api: str) -> str:
        if not value or "\0" in value:
            raise InvalidArgument(f"{api} needs a program's name, got {value!r}")
        if "/" in value:
            path = os.path.abspath(self.base / value)
            self._refuse(self._why_not_named("run", path), "run", value, api)
            # A deny rule that names the program by its name holds for its paths, too.
            self._refuse(self._denied_name(os.path.basename(path)), "run", value, api)
            candidates = [path]
        else:
            self._refuse(self._why_not_named("run", value), "run", value, api)
            candidates = [str(folder / value) for folder in self.search if self._is_fixed(folder)]
        for path in candidates:
            if os.path.isfile(path) and os.access(path, os.X_OK):
                self._refuse(self._denied_name(os.path.realpath(path)), "run", value, api)
                return path
        raise NotFound(f"{api}: there is no program {value!r}", hint="is it installed, on PATH?")

    def _denied_name(self, name: str) -> str:
        denied = (pattern for grants in self._all() for pattern in grants.deny_run)
        return "denied" if any(fnmatchcase(name, pattern) for pattern in denied) else ""

    def _is_fixed(self, folder: Path) -> bool:
        # Where the spell can write, it could put a program of its own under a granted name.
        real = os.path.realpath(folder)
        everything = ALL in self.write
        return everything or all(g._why_not_path(WritePath, real) for g in self._all())

    def _refuse(self, why: str, kind: str, value: str, api: str) -> None:
        if why:
            flag = "" if why == "denied" else f"--allow-{kind}={value}"
            raise PermissionDenied(
                f"{api} needs {_NEEDS[kind]} {value!r}",
                hint=_WHY[why] + flag,
                details={"kind": kind, "value": value},
            )


_NEEDS = {
    "read": "read access to",
    "write": "write access to",
    "net": "network access to",
    "env": "the environment variable",
    "run": "to run",
    "state": "states of the scope",
}


def _below(path: str, root: str) -> bool:
    return path == root or root == "/" or path.startswith(root + "/")
