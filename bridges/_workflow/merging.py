"""What a parallel workflow gives: its steps' outputs, put together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bridges._errors import WorkflowFailed
from bridges._tools import as_data
from bridges._workflow.results import given

if TYPE_CHECKING:
    from bridges._workflow.results import Went


def merged(strategy: str, went: Sequence[tuple[str, Went]]) -> Any:
    """Returns the output of a parallel workflow.

    strategy: by_name, all (what has no output is null), or vote
    went: how the steps went, by name, in their order
    """
    if strategy == "all":
        return [one.output for _, one in went]
    done = [(name, one.output) for name, one in went if one.status == "done"]
    return given(dict(done)) if strategy == "by_name" else _voted([output for _, output in done])


def _voted(outputs: Sequence[Any]) -> Any:
    """Returns what most gave; of several the one that was given by the earliest step."""
    if not outputs:
        raise WorkflowFailed("nobody voted: no step has finished")
    votes: dict[str, list[Any]] = {}
    for output in outputs:
        votes.setdefault(_ballot(output), []).append(output)
    return max(votes.values(), key=len)[0]


def _ballot(output: Any) -> str:
    if isinstance(output, str):
        output = output.strip()
    return json.dumps(as_data(output, "a vote"), sort_keys=True)
