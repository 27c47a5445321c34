"""The built-in events and their fields: the one table of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EventKind:
    """A built-in event: when it happens, and its fields with what they say."""

    when: str
    fields: dict[str, str]


POINTS = {
    "model": "a request to a model",
    "tool": "a call of a tool",
    "agent": "a run of an agent",
    "workflow": "a run of a workflow",
    "step": "a step of a workflow",
    "state": "a change of a state",
    "handoff": "a handoff from one agent to another",
    "run": "a run of another spell by this one",
}
"""What there are events of the beginning, the end and the failure of."""
NAMES = {
    "model": "The model's name",
    "tool": "The tool's name",
    "agent": "The agent's name",
    "workflow": "The workflow's name",
    "step": "`workflow.step`: the names of both",
    "state": "The key that changes",
    "handoff": "The agent that takes over",
    "run": "The file's name",
}
USED = {
    "usage": "`input_tokens` and `output_tokens`, of agents also `requests`",
    "cost": "US dollars, where the price is known",
}
STEP = {
    "workflow": "The workflow, with the workflows around it",
    "step": "The step",
}
TRIES = {"kind": "What the step does: run, tool, agent, workflow or spell", "attempts": "Attempts"}
ERROR = "`code`, `message` and, where there is one, `hint`"
MORE: dict[str, dict[str, str]] = {
    "model": USED,
    "agent": USED,
    "workflow": {**USED, "workflow": STEP["workflow"], "status": "done, partial or failed"},
    "step": {**USED, **STEP, **TRIES},
}
"""What the events of an end say besides."""


def _of_points() -> dict[str, EventKind]:
    found = {}
    for point, what in POINTS.items():
        name = {"name": NAMES[point]}
        took = {**name, "duration": "Seconds it took"}
        found[f"{point}.started"] = EventKind(f"{what} begins", name)
        found[f"{point}.ended"] = EventKind(
            f"{what} has ended well", {**took, **MORE.get(point, {})}
        )
        found[f"{point}.failed"] = EventKind(
            f"{what} has failed",
            {**took, "code": "The error's code", "message": "What happened"},
        )
    return found


EVENTS: dict[str, EventKind] = {
    **_of_points(),
    "step.skipped": EventKind(
        "a step is left out: its `when` says no", {"name": NAMES["step"], **STEP}
    ),
    "step.retried": EventKind(
        "a step that failed is run again",
        {
            "name": NAMES["step"],
            **STEP,
            "attempt": "The number of the attempt to come",
            "error": ERROR,
        },
    ),
    "step.compensated": EventKind(
        "a finished step has been undone, or could not be",
        {"name": NAMES["step"], **STEP, "error": f"Why it could not be: {ERROR}"},
    ),
    "state.changed": EventKind(
        "a value has been written",
        {
            "state": "The state's name",
            "key": "The key; `*` where there are many",
            "revision": "Counts the changes of the state",
        },
    ),
    "hook.denied": EventKind(
        "a hook has refused something",
        {
            "point": "What: model, tool, agent …",
            "name": "Its name",
            "hook": "Which hook",
            "reason": "Why",
        },
    ),
    "hook.replaced": EventKind(
        "a hook has put its own result in the place of one",
        {"point": "Of what: model, tool, agent …", "name": "Its name", "hook": "Which hook"},
    ),
    "guardrail.violated": EventKind(
        "a guardrail has found something",
        {
            "name": "The guardrail's name",
            "where": "In what: input, output or a tool",
            "action": "What came of it",
            "agent": "Of which agent",
            "tool": "Of which tool",
            "violations": "What was found, each without the text itself",
        },
    ),
    "model.switched": EventKind(
        "another model takes over",
        {
            "agent": "For which agent; absent for the default",
            "from": "The model before",
            "to": "The model from now on",
        },
    ),
    "session.saved": EventKind(
        "a session has been saved", {"name": "Its name", "status": "open or complete"}
    ),
    "artifact.saved": EventKind(
        "an artifact has been saved",
        {
            "id": "Its id",
            "name": "Its name",
            "version": "The version",
            "scope": "Who can read it",
            "type": "Its media type",
            "size": "Bytes",
            "sha256": "The hash of its content",
        },
    ),
}
"""Every built-in event by name."""

RESERVED = frozenset(name.partition(".")[0] for name in EVENTS)
"""First words of names that spells cannot give to events of their own."""
