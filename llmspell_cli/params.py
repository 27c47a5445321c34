"""A spell's parameters: what the manifest declares, and the values a command line gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridges._errors import ConfigError, InvalidArgument

if TYPE_CHECKING:
    from llmspell_cli.manifest import Manifest
    from llmspell_cli.world import World

_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "map": "a map",
}
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_SPEC_KEYS = ("type", "default", "required", "description", "choices")
MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class ParamSpec:
    """One declared parameter.

    type: string, integer, number, boolean, list or map
    choices: the only values taken, when there are any
    """

    type: str = "string"
    default: Any = None
    required: bool = False
    description: str = ""
    choices: tuple[Any, ...] = ()


def parse_spec(fields: Any) -> ParamSpec:
    """Returns a parameter from its manifest table; raises ValueError with what is wrong."""
    if not isinstance(fields, dict):
        raise ValueError('must be a table such as {type = "integer", default = 10}')
    for key in fields:
        if key not in _SPEC_KEYS:
            raise ValueError(f"has no field {key!r}; there are {', '.join(_SPEC_KEYS)}")
    kind = fields.get("type", "string")
    if kind not in _WORDS:
        raise ValueError(f"has the type {kind!r}; there are {', '.join(_WORDS)}")
    choices = fields.get("choices", [])
    if not isinstance(choices, list) or not all(_fits(choice, kind) for choice in choices):
        raise ValueError(f"must have a list of {kind} values as choices")
    required, description = fields.get("required", False), fields.get("description", "")
    if not isinstance(required, bool) or not isinstance(description, str):
        raise ValueError("must have true or false as required, and text as description")
    spec = ParamSpec(kind, None, required, description, tuple(choices))
    if "default" in fields:
        if required:
            raise ValueError("is required, so its default would never be used")
        return ParamSpec(kind, _check(spec, fields["default"]), False, description, tuple(choices))
    return spec


def bind_params(
    manifest: Manifest,
    pairs: list[str],
    params_file: str | None,
    args: list[str],
    world: World,
) -> dict[str, Any]:
    """Returns the parameters of a run, typed by the manifest; ConfigError names what is wrong.

    pairs: `name=value` texts; they win over params_file, a TOML or JSON file, or `-` for JSON on
    standard input. args: the positional arguments, which are looked at only to explain a miss.
    A spell that declares no parameters takes any, as text.
    """
    given = _from_file(params_file, world) if params_file else {}
    written: dict[str, list[str]] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise ConfigError(f"--param takes name=value, not {pair!r}")
        written.setdefault(name, []).append(value)
    try:
        return _bind(manifest, written, given, args)
    except InvalidArgument as error:
        raise ConfigError(error.message, hint=error.hint) from None


def bind_values(manifest: Manifest, given: dict[str, Any]) -> dict[str, Any]:
    """Returns the parameters of a spell that another spell runs; InvalidArgument names a fault."""
    return _bind(manifest, {}, given, None)


def _bind(
    manifest: Manifest,
    written: dict[str, list[str]],
    given: dict[str, Any],
    args: list[str] | None,
) -> dict[str, Any]:
    """Puts texts over values over defaults. args: None where no command line is involved."""
    if manifest.has_params:
        refuse_unknown(manifest.name, manifest.params, [*given, *written])
    found: dict[str, Any] = {}
    for name in manifest.params if manifest.has_params else dict.fromkeys([*given, *written]):
        spec = manifest.params.get(name)
        if name in written:
            found[name] = _guard(name, spec, written[name], _read)
        elif given.get(name) is not None:
            found[name] = _guard(name, spec, given[name], _check)
        elif spec and spec.required:
            hint = f"it must be {_WORDS[spec.type]}" if args is None else _usage(name, spec, args)
            raise InvalidArgument(f"the parameter {name!r} is missing", hint=hint)
        elif spec and spec.default is not None:
            found[name] = spec.default
    return found


def describe(spec: ParamSpec) -> str:
    """Returns a parameter's type and rules in words, for people."""
    words = [spec.type]
    if spec.choices:
        words.append("one of " + ", ".join(str(choice) for choice in spec.choices))
    if spec.required:
        words.append("required")
    elif spec.default is not None:
        words.append(f"default {json.dumps(spec.default, ensure_ascii=False)}")
    return ", ".join(words)


def refuse_unknown(whose: str, known: Iterable[str], names: Iterable[str]) -> None:
    """Raises InvalidArgument for a name that is none of the known ones.

    whose: what has these parameters
    """
    there = list(known)
    for name in names:
        if name not in there:
            from bridges._names import did_you_mean

            raise InvalidArgument(
                f"{whose} has no parameter {name!r}",
                hint=did_you_mean(name, there) or "it takes none",
            )


def _usage(name: str, spec: ParamSpec, args: list[str]) -> str:
    hint = f"pass --param {name}={spec.type.upper()}"
    if spec.description:
        hint += f" ({spec.description})"
    if any(word.partition("=")[0] == name for word in args):
        hint += f"; {name}=… alone is an argument, put --param before it"
    return hint


def _guard(
    name: str, spec: ParamSpec | None, value: Any, convert: Callable[[ParamSpec, Any], Any]
) -> Any:
    try:
        if spec is None:
            return value if convert is _check else _read(ParamSpec(), value)
        return convert(spec, value)
    except ValueError as error:
        raise InvalidArgument(f"the parameter {name!r} {error}") from None


def _read(spec: ParamSpec, texts: list[str]) -> Any:
    """Converts what the command line gave; only a list may be given more than once."""
    if spec.type == "list":
        if len(texts) == 1 and texts[0].lstrip().startswith("["):
            return _check(spec, _json(texts[0], spec))
        return _check(spec, list(texts))
    if len(texts) > 1:
        raise ValueError(f"is given {len(texts)} times")
    return _check(spec, _convert(spec, texts[0]))


def _convert(spec: ParamSpec, text: str) -> Any:
    try:
        if spec.type == "integer":
            return int(text)
        if spec.type == "number":
            return float(text)
        if spec.type == "boolean":
            return _BOOLEANS[text.lower()]
    except (ValueError, KeyError):
        raise _wrong(spec, text) from None
    return _json(text, spec) if spec.type == "map" else text


def _json(text: str, spec: ParamSpec) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"must be {_WORDS[spec.type]} written as JSON, not {text!r}") from None


def _check(spec: ParamSpec, value: Any) -> Any:
    if not _fits(value, spec.type):
        raise _wrong(spec, value)
    if spec.choices and value not in spec.choices:
        listed = ", ".join(repr(choice) for choice in spec.choices)
        raise ValueError(f"must be one of {listed}, not {value!r}")
    return float(value) if spec.type == "number" else value


def _fits(value: Any, kind: str) -> bool:
    if kind == "number":
        fits = isinstance(value, (int, float)) and abs(value) != float("inf") and value == value
        return fits and not isinstance(value, bool)
    types: dict[str, type] = {
        "string": str,
        "integer": int,
        "boolean": bool,
        "list": list,
        "map": dict,
    }
    return isinstance(value, types[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _wrong(spec: ParamSpec, value: Any) -> ValueError:
    return ValueError(f"must be {_WORDS[spec.type]}, not {value!r}")


def _from_file(name: str, world: World) -> dict[str, Any]:
    path = world.path(name)
    try:
        content = world.stdin.read(MAX_BYTES + 1) if name == "-" else path.read_bytes()
    except OSError as error:
        raise ConfigError(f"the parameters in {name!r} cannot be read: {error.strerror}") from None
    shown = "standard input" if name == "-" else name
    if len(content) > MAX_BYTES:
        raise ConfigError(f"the parameters in {shown} are larger than {MAX_BYTES} bytes")
    from llmspell_cli.config_layers import decode, parse_toml

    text = decode(content, Path(shown))
    found = parse_toml(text, shown) if name.endswith(".toml") else _json_file(text, shown)
    if not isinstance(found, dict):
        raise ConfigError(f"the parameters in {shown} must be a JSON object")
    return found


def _json_file(text: str, shown: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{shown}:{error.lineno}: the parameters are not valid JSON: {error.msg}",
            hint="a file that ends in .toml is read as TOML",
        ) from None
