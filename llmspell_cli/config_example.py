"""The llmspell.toml that explains itself: every setting as a comment, drawn from the schema."""

from __future__ import annotations

from llmspell_cli.config_schema import SCHEMA, Each, Key

_HEAD = """\
# Settings of llmspell for this folder and those below it.
# What is commented out shows the default, or an example where there is none.
"""
_COLUMN = 44


def example() -> str:
    """Returns the text; it is valid TOML that sets nothing."""
    lines = [_HEAD]
    lines += [_line(name, key) for name, key in SCHEMA.items() if isinstance(key, Key)]
    for name, schema in SCHEMA.items():
        if isinstance(schema, Each):
            lines += _each((name,), schema)
        elif isinstance(schema, dict):
            lines += ["", f"[{name}]"]
            lines += [_line(key, inner) for key, inner in schema.items() if isinstance(inner, Key)]
            for key, inner in schema.items():
                if isinstance(inner, Each):
                    lines += _each((name, key), inner)
    return "\n".join(lines) + "\n"


def _each(path: tuple[str, ...], schema: Each) -> list[str]:
    names = {"models": "fast", "providers": "lab", "pools": "main", "profiles": "ci"}
    name = names[path[-1]]
    if isinstance(schema.inner, Key):
        key = Key("text", schema.inner.doc, '"anthropic:claude-haiku-4-5"')
        return ["", f"# {schema.doc}", f"[{'.'.join(path)}]", _line(name, key)]
    inner = schema.inner if isinstance(schema.inner, dict) else {}
    lines = ["", f"# {schema.doc}", f"# [{'.'.join(path)}.{name}]"]
    return lines + [_line(key, found) for key, found in inner.items() if isinstance(found, Key)]


def _line(name: str, key: Key) -> str:
    setting = f"# {name} = {key.example}"
    return f"{setting:<{_COLUMN}}  # {key.doc}"
