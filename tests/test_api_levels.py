"""What an API level has promised stays: a function that vanished or changed fails by its name.

`snapshots/api_level_N.json` is written when level N is released, and never again:

    python -m tests.test_api_levels N
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bridges._api import describe

SNAPSHOTS = Path(__file__).with_name("snapshots")
LEVELS = sorted(int(p.stem.rpartition("_")[2]) for p in SNAPSHOTS.glob("api_level_*.json"))


def promises() -> dict[str, Any]:
    """Returns what a spell can rely on: functions with their parameters, records with fields."""
    api = describe()
    found: dict[str, Any] = {}
    for group, mark in (("globals", "."), ("objects", ":")):
        for noun in api[group]:
            for f in noun["functions"]:
                params = [[p["name"], p["type"], p["required"]] for p in f["params"]]
                found[f"{noun['name']}{mark}{f['name']}"] = {
                    "kind": f["kind"],
                    "params": params,
                    "returns": f["returns"],
                    "since": f["since"],
                }
    for record in api["records"]:
        fields = [[f["name"], f["type"], f["required"]] for f in record["fields"]]
        found[f"{record['name']}{{}}"] = {"fields": sorted(fields, key=str), "text": record["text"]}
    return found


def frozen(level: int) -> dict[str, Any]:
    text = (SNAPSHOTS / f"api_level_{level}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def wider(before: Any, now: Any) -> bool:
    """Tells whether everything that could be given can still be; more may be."""
    if isinstance(before, list) and isinstance(now, list) and before[0] == now[0]:
        if before[0] == "list":
            return wider(before[1], now[1])
        if before[0] == "union":
            return all(part in now for part in before[1:])
    return bool(before == now)


def kept(before: Any, now: Any, name: str) -> bool:
    """Tells whether a promise still holds; more may only be optional and come last.

    What a spell gets may have more in it, and of what it gives more may be taken.
    """
    given, gets = name.endswith("Options{}"), name.endswith(("Result{}", "Info{}"))
    if "fields" in before:
        promised = {name: (type, required) for name, type, required in before["fields"]}
        now_fields = {name: (type, required) for name, type, required in now["fields"]}
        same = all(
            name in now_fields
            and (wider(type, now_fields[name][0]) if given else type == now_fields[name][0])
            and required == now_fields[name][1]
            for name, (type, required) in promised.items()
        )
        added = [required for name, (_, required) in now_fields.items() if name not in promised]
        fits = gets or not any(added)
        return bool(same and now["text"] == before["text"] and fits)
    more = now["params"][len(before["params"]) :]
    return (
        now["params"][: len(before["params"])] == before["params"]
        and not any(required for _, _, required in more)
        and all(now[key] == before[key] for key in ("kind", "returns", "since"))
    )


@pytest.mark.parametrize("level", LEVELS)
def test_what_a_level_promised_holds(level: int) -> None:
    now = promises()
    broken = [
        name
        for name, before in frozen(level).items()
        if name not in now or not kept(before, now[name], name)
    ]
    assert broken == [], f"level {level} promised these as they were"


def test_what_is_new_carries_the_next_level() -> None:
    newest = LEVELS[-1]
    known = frozen(newest)
    late = [
        name
        for name, now in promises().items()
        if name not in known and "since" in now and now["since"] <= newest
    ]
    assert late == [], f"declare these with since={newest + 1}"


def test_a_broken_promise_is_noticed() -> None:
    first = ["a", "text", True]
    now = {"kind": "sync", "params": [first], "returns": "text", "since": 1}
    assert kept(now, {**now, "params": [first, ["b", "text", False]]}, "a.b")
    assert not kept(now, {**now, "params": [first, ["b", "text", True]]}, "a.b")
    assert not kept(now, {**now, "params": []}, "a.b")
    assert not kept(now, {**now, "returns": "any"}, "a.b")


def test_records_may_grow_where_that_harms_nobody() -> None:
    must, may = ["a", ["union", "text", "map"], True], ["b", "text", False]
    now = {"fields": [must], "text": False}
    more = {**now, "fields": [must, ["c", "text", True]]}
    wide = {**now, "fields": [["a", ["union", "text", "bytes", "map"], True]]}
    assert kept(now, {**now, "fields": [must, may]}, "Message{}")
    assert kept(now, more, "AgentResult{}")
    assert not kept(now, more, "AgentOptions{}")
    assert kept(now, wide, "AgentOptions{}")
    assert not kept(now, wide, "AgentResult{}")
    assert not kept(wide, now, "AgentOptions{}")
    assert not kept(now, {**now, "fields": []}, "AgentResult{}")


if __name__ == "__main__":
    file = SNAPSHOTS / f"api_level_{int(sys.argv[1])}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(promises(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
