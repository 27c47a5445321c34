"""The sources of configuration, each read into flat settings: files, environment, `.env`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from bridges._errors import ConfigError
from llmspell_cli.config_schema import LISTS, READERS, SCHEMA, Each, Key, Place, Schema
from llmspell_cli.world import World

PREFIX = "LLMSPELL_"
FILE_NAME = "llmspell.toml"
NOT_SETTINGS = {"LLMSPELL_CONFIG"}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
Keys: TypeAlias = tuple[str, ...]


@dataclass
class Layer:
    """One source: what errors and `config show` call it, and its settings by path."""

    source: str
    values: dict[Keys, Any] = field(default_factory=dict)


def read_file(path: Path, content: bytes, home: Path) -> Layer:
    """Reads a configuration file; raises ConfigError naming file, line and key."""
    text = decode(content, path)
    tree = parse_toml(text, str(path))
    layer = Layer(str(path))
    place = Place(path.parent, home)
    for keys, schema, value in _walk(SCHEMA, tree, (), _Reporter(str(path), text)):
        try:
            layer.values[keys] = READERS[schema.kind](value, schema, place)
        except ValueError as error:
            raise _Reporter(str(path), text).error(keys, str(error)) from None
    return layer


def read_environment(world: World) -> Layer:
    """Reads the LLMSPELL_SECTION__KEY variables; raises ConfigError naming the variable."""
    layer = Layer("environment")
    place = Place(world.cwd, world.home)
    for name in sorted(world.environ):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        keys = tuple(part.lower() for part in name.removeprefix(PREFIX).split("__"))
        schema = _find(keys, name)
        try:
            value = _from_text(schema, world.environ[name])
            layer.values[keys] = READERS[schema.kind](value, schema, place)
        except ValueError as error:
            raise ConfigError(
                f"the environment variable {name} {error}", hint="change it or unset it"
            ) from None
    return layer


def read_dotenv(path: Path, wanted: set[str]) -> dict[str, str]:
    """Returns the wanted variables of a `.env` file: NAME=VALUE lines, quotes allowed."""
    try:
        text = decode(path.read_bytes(), path)
    except OSError:
        return {}
    found = {}
    for line in text.splitlines():
        match = re.match(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$", line)
        if match and match[1] in wanted:
            found[match[1]] = _unquote(match[2])
    return {name: value for name, value in found.items() if value}


def find_project_file(start: Path) -> Path | None:
    """Returns the nearest llmspell.toml in a folder or above it."""
    for folder in (start, *start.parents):
        candidate = folder / FILE_NAME
        if candidate.is_file():
            return candidate
    return None


def decode(content: bytes, path: Path) -> str:
    """Returns the text of a file; raises ConfigError when it is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path}:{line}: the file is not UTF-8 text", hint="save it as UTF-8"
        ) from None


def parse_toml(text: str, name: str, first_line: int = 1) -> dict[str, Any]:
    """Parses TOML; raises ConfigError with file and line.

    first_line: the line of the file on which `text` begins
    """
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{name}: not valid TOML: it is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        match = re.search(r" \(at line (\d+), column \d+\)$", message)
        line = int(match[1]) if match else text.count("\n") + 1
        message = re.sub(r" \(at .*\)$", "", message)
        raise ConfigError(
            f"{name}:{line + first_line - 1}: not valid TOML: {message}",
            hint='values are written as in name = "text", size = 10, list = ["a", "b"]',
        ) from None


def line_of(text: str, keys: Keys) -> int:
    """Returns the line on which a key of a TOML text stands, or its table; 1 when unclear."""
    table: Keys = ()
    best, best_depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line)
        if header:
            table = _split(header[1])
            here = table
        else:
            key = re.match(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*[\w\"'-]+)*)\s*=", line)
            if not key:
                continue
            here = table + _split(key[1])
        if here == keys[: len(here)] and len(here) > best_depth:
            best, best_depth = number, len(here)
    return best


class _Reporter:
    """Makes errors that name file, line and key."""

    def __init__(self, source: str, text: str) -> None:
        self._source = source
        self._text = text

    def error(self, keys: Keys, message: str, hint: str = "") -> ConfigError:
        line = line_of(self._text, keys)
        return ConfigError(f"{self._source}:{line}: {'.'.join(keys)} {message}", hint=hint)


def _walk(
    schema: Schema, value: Any, keys: Keys, report: _Reporter
) -> Iterator[tuple[Keys, Key, Any]]:
    if isinstance(schema, Key):
        yield keys, schema, value
        return
    if not isinstance(value, dict):
        raise report.error(keys, "must be a table", f"write it as [{'.'.join(keys)}]")
    for name, inner in value.items():
        here = (*keys, name)
        if isinstance(schema, Each):
            if not _NAME.fullmatch(name):
                raise report.error(here, "is not a name of letters, digits, '-', '_' and '.'")
            yield from _walk(schema.inner, inner, here, report)
        elif name in schema:
            yield from _walk(schema[name], inner, here, report)
        else:
            raise report.error(here, "is not a setting", _suggest(name, schema))


def _suggest(name: str, schema: Mapping[str, Schema]) -> str:
    from bridges._names import did_you_mean, nearest

    if nearest(name, schema):
        return did_you_mean(name, schema)
    for section, inner in SCHEMA.items():
        if isinstance(inner, dict) and name in inner:
            return f"{name!r} belongs under [{section}]"
    return did_you_mean(name, schema)


def _find(keys: Keys, variable: str) -> Key:
    schema: Schema = SCHEMA
    for position, name in enumerate(keys):
        if isinstance(schema, Each):
            schema = schema.inner
        elif isinstance(schema, dict) and name in schema:
            schema = schema[name]
        else:
            known = schema if isinstance(schema, dict) else {}
            raise _unknown_variable(variable, position, known)
    if not isinstance(schema, Key):
        raise _unknown_variable(variable, len(keys), {})
    return schema


def _unknown_variable(variable: str, position: int, known: Mapping[str, Schema]) -> ConfigError:
    """Returns the error for a variable whose part at `position` is none of the known keys."""
    from bridges._names import nearest

    parts = variable.removeprefix(PREFIX).split("__")
    near = nearest(parts[position].lower(), known) if known else None
    hint = "settings are spelled LLMSPELL_SECTION__KEY, as in LLMSPELL_LIMITS__TIMEOUT=30s"
    if near:
        parts[position] = near.upper()
        hint = f"did you mean {PREFIX}{'__'.join(parts)}?"
    return ConfigError(f"the environment variable {variable} is not a setting", hint=hint)


def _from_text(key: Key, text: str) -> Any:
    if key.kind in LISTS:
        return [part.strip() for part in text.split(",") if part.strip()]
    if key.kind in ("count", "duration", "size") and re.fullmatch(r"\d+", text):
        return int(text)
    if key.kind == "flag" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if key.kind == "share" and re.fullmatch(r"\d+(\.\d*)?", text):
        return float(text)
    return text


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return re.sub(r"\s+#.*$", "", value)


def _split(dotted: str) -> Keys:
    parts = re.findall(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)", dotted)
    return tuple("".join(part) for part in parts)
