"""Writes everything that is drawn from the declarations: run it after changing one.

python -m llmspell_cli.generate
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path

from bridges import _api

ROOT = Path(__file__).parent.parent
RENDERERS = {
    "stdlib/lua/llmspell.meta.lua": "engines.lua.annotations",
    "stdlib/javascript/llmspell.d.ts": "engines.javascript.typings",
    "docs/api.md": "llmspell_cli.reference",
}


def main() -> None:
    """Renders the files and writes those that differ, naming them."""
    for path, text in render().items():
        target = ROOT / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
            print(path)  # noqa: T201 - a developer's tool


def render() -> dict[str, str]:
    """Returns the text of every generated file by its path in the repository."""
    api = _api.describe()
    files = {
        "stdlib/api.json": json.dumps(api, indent=1, ensure_ascii=False) + "\n",
        "stdlib/bindings.json": json.dumps(_api.bindings(api), separators=(",", ":")) + "\n",
    }
    for path, module in RENDERERS.items():
        files[path] = importlib.import_module(module).render(api)
    return files


if __name__ == "__main__":
    main()
