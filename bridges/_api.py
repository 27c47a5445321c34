"""Declarations to plain data: `stdlib/api.json`, from which everything else is drawn."""

from __future__ import annotations

import importlib
from typing import Any

from bridges import MODULES
from bridges._declare import Bridge, HostObject, function_of, methods_of, name_of
from bridges._docs import split_doc
from bridges._types import RECORDS, TEXT_RECORDS, fields_of


def describe() -> dict[str, Any]:
    """Returns the whole declared API (the shape is in docs/protocol.md)."""
    found: dict[str, list[Any]] = {"globals": [], "objects": []}
    records: dict[str, Any] = {}
    number = 0
    for module_name in MODULES:
        module = importlib.import_module(f"bridges.{module_name}")
        for kind in vars(module).values():
            if not _declared_in(kind, module.__name__):
                continue
            functions = []
            for attribute in methods_of(kind):
                functions.append(_function(kind, attribute, number))
                number += 1
            entry = {
                "name": name_of(kind),
                "doc": split_doc(_doc(kind))[0],
                "module": module.__name__,
                "class": kind.__name__,
                "functions": functions,
            }
            found["objects" if kind.is_host_object else "globals"].append(entry)
        for kind in vars(module).values():
            if getattr(kind, "__module__", "") == module.__name__ and hasattr(kind, "__total__"):
                records[kind.__name__] = _record(kind)
    for kind in sorted(RECORDS, key=lambda kind: kind.__name__):
        # Those that several nouns share are declared in none of them.
        if kind.__module__.startswith("bridges._"):
            if kind.__name__ in records:
                raise TypeError(f"two records are called {kind.__name__}")
            records[kind.__name__] = _record(kind)
    return {"level": _level(found), **found, "records": list(records.values())}


def bindings(api: dict[str, Any]) -> dict[str, Any]:
    """Returns what a run needs of the API: no prose and no types, which every start would parse.

    api: what `describe` gives
    """

    def function(f: dict[str, Any]) -> dict[str, Any]:
        kept = {key: f[key] for key in ("number", "name", "method", "kind")}
        return {**kept, "params": [{"name": p["name"]} for p in f["params"]]}

    found: dict[str, Any] = {"level": api["level"]}
    for group in ("globals", "objects"):
        found[group] = [
            {
                **{key: noun[key] for key in ("name", "module", "class")},
                "functions": [function(f) for f in noun["functions"]],
            }
            for noun in api[group]
        ]
    texts = [record["name"] for record in api["records"] if record["text"]]
    return {**found, "records": [{"name": name, "text": True} for name in texts]}


def _level(found: dict[str, list[Any]]) -> int:
    """Returns the API level: that of the newest function."""
    nouns = [noun for group in found.values() for noun in group]
    return max(int(f["since"]) for noun in nouns for f in noun["functions"])


def _declared_in(kind: Any, module: str) -> bool:
    bases = (Bridge, HostObject)
    return (
        isinstance(kind, type)
        and issubclass(kind, bases)
        and kind.__module__ == module
        and bool(methods_of(kind))
    )


def _doc(kind: type) -> str:
    import inspect

    return inspect.getdoc(kind) or ""


def _function(kind: Any, attribute: str, number: int) -> dict[str, Any]:
    declared = function_of(kind, attribute)
    return {
        "number": number,
        "name": declared.name,
        "method": attribute,
        "kind": declared.kind,
        "doc": declared.doc,
        "params": [
            {
                "name": p.name,
                "doc": p.doc,
                "type": p.shape.describe,
                "required": p.required,
                "fallback": p.fallback,
            }
            for p in declared.params
        ],
        "returns": declared.returns.describe,
        "returns_doc": declared.returns_doc,
        "needs": list(declared.needs),
        "since": declared.since,
    }


def _record(kind: Any) -> dict[str, Any]:
    return {
        "name": kind.__name__,
        "doc": split_doc(_doc(kind))[0],
        "text": kind.__name__ in TEXT_RECORDS,
        "fields": [
            {"name": f.name, "doc": f.doc, "type": f.shape.describe, "required": f.required}
            for f in fields_of(kind)
        ],
    }
