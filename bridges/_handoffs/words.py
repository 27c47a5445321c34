"""What an agent that takes a conversation over is shown of it."""

from __future__ import annotations

import json
from typing import Any

from bridges._agents.agent import Turn
from bridges._handoffs.handoff import Accepted
from bridges._marks import set_in
from bridges._tools import as_text

MOST_SUMMARIZED = 100_000
"""Characters of a conversation that are read for its summary: the newest."""
SUMMARIZE = (
    "Summarize the conversation for a colleague who takes it over: what the user wants, what is "
    "known and done so far, what is open. Keep names, numbers and decisions. Write nothing else."
)


def tool_result(accepted: Accepted) -> dict[str, Any]:
    """Returns the message that answers the model's call of the handoff's tool."""
    return {
        "role": "tool",
        "name": accepted.spec.tool,
        "tool_call_id": accepted.call,
        "content": _handed_over(accepted),
    }


def _handed_over(accepted: Accepted) -> str:
    record = accepted.record
    said = f"The conversation is handed over to {record['to_agent']}, who answers from here."
    return said + _state(record)


def turn_after(accepted: Accepted, messages: list[dict[str, Any]], summary: str = "") -> Turn:
    """Returns what the next agent is asked.

    messages: the whole conversation, with the result of the handoff's tool where a model called it
    summary: of the messages, where that is what is kept
    """
    keep = accepted.spec.keep_history
    if keep == "all" and accepted.call and accepted.spec.agent.spec:
        return Turn(messages, None)
    before = _before(messages, accepted.call)
    kept = before if keep == "all" else _last(before, keep) if isinstance(keep, int) else []
    said = next((m for m in reversed(messages) if m["role"] == "user"), None)
    if said is None or any(message is said for message in kept):
        said = None
    return Turn(kept, _opening(accepted, said, summary))


def _before(messages: list[dict[str, Any]], call: str) -> list[dict[str, Any]]:
    """Returns the messages before the one that called the handoff's tool, or that asks anew."""
    for place, message in enumerate(messages):
        if any(one["id"] == call for one in message.get("tool_calls", [])):
            return messages[:place]
    return messages[:-1]


def _last(messages: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Returns the last messages, `count` at most, from one of the user on: providers want that."""
    kept = messages[-count:] if count else []
    while kept and kept[0]["role"] not in ("user", "system"):
        kept = kept[1:]
    return kept


def _opening(accepted: Accepted, said: dict[str, Any] | None, summary: str) -> str:
    record = accepted.record
    giver = record.get("from_agent")
    rest = {key: value for key, value in accepted.arguments.items() if key != "reason"}
    lines = [
        f"You take this conversation over from {giver}." if giver else "",
        f"Reason: {record['reason']}" if record["reason"] else "",
        f"Details: {json.dumps(rest, ensure_ascii=False)}" if rest else "",
        _state(record).strip(),
        f"The conversation so far: {summary}" if summary else "",
    ]
    lines = [line for line in lines if line]
    if said is not None:
        speaker = giver if giver and not accepted.call else "The user"
        text = as_text(said["content"])
        lines.append(f"{speaker} said: {text}" if lines else text)
    return "\n".join(lines) or "Go on."


def _state(record: dict[str, Any]) -> str:
    if "state" not in record:
        return ""
    return f"\nState: {json.dumps(record['state'], ensure_ascii=False)}"


def transcript(messages: list[dict[str, Any]]) -> str:
    """Returns a conversation as text, its newest part where it is long."""
    lines = []
    for message in messages:
        text = as_text(message.get("content") or "")
        calls = ", ".join(call["name"] for call in message.get("tool_calls", []))
        said = " ".join(part for part in (text, f"[calls {calls}]" if calls else "") if part)
        lines.append(f"{message['role']}: {set_in(said)}")
    return "\n".join(lines)[-MOST_SUMMARIZED:]
