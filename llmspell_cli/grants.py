"""What a run may do: the profile, then the configuration, then the flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridges._errors import ConfigError
from bridges._permissions import PROFILES, Grants

if TYPE_CHECKING:
    from llmspell_cli.config import Security

_LISTS = (
    *("allow_read", "allow_write", "allow_net", "allow_env", "allow_run"),
    *("allow_state", "allow_modules"),
    *("deny_read", "deny_write", "deny_net", "deny_env", "deny_run", "deny_state"),
)


@dataclass(frozen=True)
class Flags:
    """What the command line says about permissions; the lists are as the user wrote them."""

    profile: str | None = None
    allow_read: Sequence[str] = ()
    allow_write: Sequence[str] = ()
    allow_net: Sequence[str] = ()
    allow_env: Sequence[str] = ()
    allow_run: Sequence[str] = ()
    allow_state: Sequence[str] = ()
    allow_modules: Sequence[str] = ()
    deny_read: Sequence[str] = ()
    deny_write: Sequence[str] = ()
    deny_net: Sequence[str] = ()
    deny_env: Sequence[str] = ()
    deny_run: Sequence[str] = ()
    deny_state: Sequence[str] = ()


def grants_for(security: Security, flags: Flags, cwd: Path, spell_folder: Path | None) -> Grants:
    """Returns what a run may do; raises ConfigError for an unknown profile or a bad pattern.

    A spell's own manifest is not looked at: it can ask, never take.
    cwd: the working directory; spell_folder: where the spell lies, None for code without a file
    """
    name = flags.profile or security.profile
    base, extra = _profile(name, security)
    found = Grants.for_profile(base, cwd, spell_folder)
    written = asdict(flags)
    lists: dict[str, Any] = {}
    for key in _LISTS:
        values = (*extra.get(key, ()), *getattr(security, key, ()), *written[key])
        if values:
            lists[key] = values
    return found.with_flags(**lists) if lists else found


def _profile(name: str, security: Security) -> tuple[str, Mapping[str, Any]]:
    """Returns the built-in profile behind a name, and what a profile of the user's adds."""
    own = security.profiles.get(name)
    if own is not None:
        return own.get("base", "medium"), own
    if name not in PROFILES:
        from bridges._names import did_you_mean

        raise ConfigError(
            f"there is no security profile {name!r}",
            hint=did_you_mean(name, [*PROFILES, *security.profiles]),
        )
    return name, {}
