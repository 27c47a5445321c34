"""What the boot code has to know of the declared API."""

from __future__ import annotations

from engines.javascript.names import to_js

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from typing import Any


def read_nouns(api: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns each noun by its name: functions, methods, and whether the engine adds to it."""
    nouns: dict[str, dict[str, Any]] = {}
    for group, skip in (("globals", 0), ("objects", 1)):
        for noun in api.get(group, ()):
            name = noun["name"]
            entry = nouns.setdefault(name, {"functions": [], "methods": [], "engine": False})
            for f in noun["functions"]:
                entry["engine"] = entry["engine"] or f["kind"] == "engine"
                if f["kind"] == "engine":
                    continue
                entry["methods" if skip else "functions"].append(
                    {
                        "name": f"{name}.{to_js(f['name'])}",
                        "key": to_js(f["name"]),
                        "number": f["number"],
                        "kind": f["kind"],
                        "params": [to_js(p["name"]) for p in f["params"]],
                        "skip": skip,
                    }
                )
    return nouns
