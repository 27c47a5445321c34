"""The configuration of a run: built-in values, the user's, the project's, `.env`, environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bridges._errors import ConfigError, InvalidArgument
from bridges._llm.providers import KEY_NAMES, protocol_of
from bridges._permissions import PROFILES
from bridges._session import Limits
from bridges._settings import ModelSettings, Provider
from llmspell_cli.config_layers import (
    Keys,
    Layer,
    find_project_file,
    read_dotenv,
    read_environment,
    read_file,
)
from llmspell_cli.config_schema import GRANTS
from llmspell_cli.world import World

if TYPE_CHECKING:
    from bridges._pools.specs import PoolSpec

BUILT_IN = "built-in"
COLLECTOR = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)
"""Environment variables of OpenTelemetry that name a collector."""
POOL = "pool"
REQUEST_KEYS = ("timeout", "connect", "first_byte", "idle", "retries")


@dataclass(frozen=True)
class BudgetSettings:
    """What model calls of a run may use; None is no limit. max_cost: US dollars."""

    max_cost: Decimal | None = None
    max_tokens: int | None = None
    max_requests: int | None = None


@dataclass(frozen=True)
class Security:
    """A profile and what is added to it or taken from it; paths are absolute.

    profiles: the user's own profiles by name; each has a `base` and allow and deny lists
    """

    profile: str = "medium"
    allow_read: tuple[str, ...] = ()
    allow_write: tuple[str, ...] = ()
    allow_net: tuple[str, ...] = ()
    allow_env: tuple[str, ...] = ()
    allow_run: tuple[str, ...] = ()
    allow_state: tuple[str, ...] = ()
    allow_modules: tuple[str, ...] = ()
    deny_read: tuple[str, ...] = ()
    deny_write: tuple[str, ...] = ()
    deny_net: tuple[str, ...] = ()
    deny_env: tuple[str, ...] = ()
    deny_run: tuple[str, ...] = ()
    deny_state: tuple[str, ...] = ()
    profiles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Logging:
    """What is logged and how; file None means standard error."""

    level: str = "warn"
    format: Literal["text", "json"] = "text"
    file: Path | None = None


@dataclass(frozen=True)
class Telemetry:
    """Where the spans and the metrics of runs are sent; endpoint None is nowhere.

    headers_env: names the variable with headers to send along
    sample: the share of the runs whose spans are told; content: whether prompts and answers are
    metrics: whether metrics are
    """

    endpoint: str | None = None
    headers_env: str | None = None
    service_name: str | None = None
    sample: float = 1.0
    metrics: bool = True
    content: bool = False


@dataclass(frozen=True)
class Config:
    """Everything configured.

    values: every setting by its path, `sources`: where each came from
    file: the project's file, or the one named by the user
    trusted: False when that file is a project's that the user has not trusted
    warnings: what was ignored, for standard error
    """

    models: ModelSettings
    limits: Limits
    budget: BudgetSettings
    security: Security
    logging: Logging
    telemetry: Telemetry
    audit_log: Path | None = None
    values: Mapping[Keys, Any] = field(default_factory=dict)
    sources: Mapping[Keys, str] = field(default_factory=dict)
    file: Path | None = None
    trusted: bool = True
    warnings: tuple[str, ...] = ()

    def names_collector(self, environ: Mapping[str, str]) -> bool:
        """Tells whether there is an address for the spans of runs."""
        return bool(self.telemetry.endpoint) or any(environ.get(name) for name in COLLECTOR)


BUILT_IN_SECTIONS: tuple[tuple[str, Any], ...] = (
    ("limits", Limits),
    ("budget", BudgetSettings),
    ("logging", Logging),
    ("telemetry", Telemetry),
)


def load(world: World, *, file: Path | None = None, start: Path | None = None) -> Config:
    """Reads the configuration; raises ConfigError naming file, line and key.

    file: what --config names; then no project file is looked for
    start: the folder from which the project's file is searched upwards
    """
    start = start or world.cwd
    file = world.path(str(file)) if file else None
    merged = _Merged()
    merged.add(_built_in())
    user = user_file(world)
    content = _read_if_there(user)
    if content is not None:
        merged.add(read_file(user, content, world.home))
    chosen, trusted = _add_project(merged, world, file, start)
    if any(name.startswith("LLMSPELL_") for name in world.environ):
        merged.add(read_environment(world))
    return _build(merged, world, chosen, trusted, start)


def user_file(world: World) -> Path:
    """Returns where the user's own configuration is, whether it exists or not."""
    return world.config_dir / "config.toml"


class _Merged:
    """Settings merged so far, and what was left out."""

    def __init__(self) -> None:
        self.values: dict[Keys, Any] = {}
        self.sources: dict[Keys, str] = {}
        self.ignored: list[str] = []

    def add(self, layer: Layer) -> None:
        """Puts a layer on top: grant lists grow, everything else is replaced."""
        for keys, value in layer.values.items():
            before = self.values.get(keys)
            if keys[-1] in GRANTS and before:
                value = tuple(dict.fromkeys((*before, *value)))
                self.sources[keys] += f", {layer.source}"
            else:
                self.sources[keys] = layer.source
            self.values[keys] = value

    def add_untrusted(self, layer: Layer) -> None:
        """Puts a layer on top as far as it only narrows what a spell may do."""
        kept = {}
        for keys, value in layer.values.items():
            if _narrows(keys, value, self.values.get(keys)):
                kept[keys] = value
            else:
                self.ignored.append(".".join(keys))
        self.add(Layer(layer.source, kept))


def _narrows(keys: Keys, value: Any, current: Any) -> bool:
    section = keys[0]
    if section == "telemetry":  # an address would get what the run is about
        return keys[1] in ("sample", "metrics", "content") and value <= current
    if section in ("limits", "budget", "requests"):
        return current is None or bool(value <= current)
    if keys == ("security", "profile"):
        known = value in PROFILES and current in PROFILES
        return known and PROFILES.index(value) <= PROFILES.index(current)
    if section == "security":
        return len(keys) == 2 and (keys[1].startswith("deny_") or value == ())
    # Aliases and pools only name models that a spell may call anyway. A provider is an address that
    # would get what the spell reads, and a log file is a place to write to.
    return section in ("models", "pools", "default_model") or keys in (
        ("logging", "level"),
        ("logging", "format"),
    )


def _built_in() -> Layer:
    layer = Layer(BUILT_IN)
    for section, kind in BUILT_IN_SECTIONS:
        for entry in fields(kind):
            if entry.default is not None:
                layer.values[section, entry.name] = entry.default
    for name in REQUEST_KEYS:
        layer.values["requests", name] = getattr(ModelSettings, name)
    layer.values["security", "profile"] = Security.profile
    return layer


def _read_if_there(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}",
            hint="make the file readable or move it away",
        ) from None


def _add_project(
    merged: _Merged, world: World, file: Path | None, start: Path
) -> tuple[Path | None, bool]:
    named = file or _from_environment(world)
    path = named or find_project_file(start)
    if path is None:
        return None, True
    content = _read_if_there(path)
    if content is None:
        raise ConfigError(
            f"there is no configuration file {path}",
            hint="give --config an existing file, or write one with 'llmspell config init'",
        )
    layer = read_file(path, content, world.home)
    if named:
        merged.add(layer)
        return path, True
    from llmspell_cli.trust import is_trusted

    if is_trusted(world, path, content):
        merged.add(layer)
        return path, True
    merged.add_untrusted(layer)
    return path, False


def _from_environment(world: World) -> Path | None:
    named = world.environ.get("LLMSPELL_CONFIG")
    return world.path(named) if named else None


def _build(merged: _Merged, world: World, file: Path | None, trusted: bool, start: Path) -> Config:
    tree = _nested(merged.values)
    security = dict(tree["security"])
    warnings = []
    # The keys of a folder that is not trusted are its author's, and so would the answers be.
    dotenv = (file.parent if file else start) / ".env" if trusted else None
    if merged.ignored and file:
        warnings.append(
            f"{file} is not trusted, so these settings are ignored: {', '.join(merged.ignored)}; "
            f"if you trust it, run 'llmspell trust {file.parent}'"
        )
    return Config(
        models=_model_settings(tree, world, dotenv, merged.sources),
        limits=Limits(**tree["limits"]),
        budget=BudgetSettings(**tree.get("budget", {})),
        security=Security(**security),
        logging=_logging(tree["logging"]),
        telemetry=Telemetry(**tree["telemetry"]),
        audit_log=tree.get("audit_log"),
        values=merged.values,
        sources=merged.sources,
        file=file,
        trusted=trusted,
        warnings=tuple(warnings),
    )


def _logging(section: dict[str, Any]) -> Logging:
    level = section["level"]
    return Logging(**{**section, "level": "warn" if level == "warning" else level})


def _nested(values: Mapping[Keys, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for keys, value in values.items():
        node = tree
        for key in keys[:-1]:
            node = node.setdefault(key, {})
        node[keys[-1]] = value
    return tree


def _pools(
    configured: dict[str, dict[str, Any]], sources: Mapping[Keys, str]
) -> dict[str, PoolSpec]:
    if not configured:
        return {}
    from bridges._pools.pools import pool_of

    found = {}
    for name, entry in configured.items():
        source = next(s for k, s in sources.items() if k[:2] == ("pools", name))
        where = f"{source}: pools.{name}"
        if "members" not in entry:
            raise ConfigError(f"{where} has no members", hint='add members = ["openai:…", …]')
        try:
            found[name] = pool_of({"name": name, **entry}, where)
        except InvalidArgument as error:
            raise ConfigError(error.message, hint=error.hint) from None
    return found


def _model_settings(
    tree: dict[str, Any], world: World, dotenv: Path | None, sources: Mapping[Keys, str]
) -> ModelSettings:
    configured: dict[str, dict[str, str]] = tree.get("providers", {})
    wanted = set(KEY_NAMES) | {p["api_key_env"] for p in configured.values() if "api_key_env" in p}
    found = {name: world.environ[name] for name in wanted if world.environ.get(name)}
    if dotenv is not None and dotenv.is_file():
        found = {**read_dotenv(dotenv, wanted), **found}
    if POOL in configured:
        source = next(s for k, s in sources.items() if k[:2] == ("providers", POOL))
        raise ConfigError(
            f"{source}: no provider can be called {POOL!r}: pool:NAME names a pool of models",
            hint="choose another name",
        )
    providers = {}
    for name, entry in configured.items():
        kind = entry.get("kind") or protocol_of(name)
        if kind is None:
            source = next(s for k, s in sources.items() if k[:2] == ("providers", name))
            raise ConfigError(
                f"{source}: providers.{name} has no kind",
                hint='add kind = "openai" (or "anthropic", "google"): the protocol it speaks',
            )
        key = entry.get("api_key") or found.get(entry.get("api_key_env", ""))
        providers[name] = Provider(kind, entry.get("base_url"), key)  # type: ignore[arg-type]
    return ModelSettings(
        default_model=tree.get("default_model"),
        aliases=dict(tree.get("models", {})),
        pools=_pools(tree.get("pools", {}), sources),
        providers=providers,
        keys={name: found[name] for name in KEY_NAMES if name in found},
        **tree["requests"],
    )
