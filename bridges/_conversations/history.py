"""The messages of a conversation: turns and how long they are; what is cut, branched, joined."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bridges._agents.agent import ROLES
from bridges._errors import InvalidArgument
from bridges._plain import weight
from bridges._tools import as_text

Message = dict[str, Any]
BYTES_A_TOKEN = 4
MESSAGE = 300
"""About what a message holds beside its content."""
TOKENS_A_MESSAGE = 4
"""The estimate: a token for every four bytes of UTF-8, and four more for each message."""


@dataclass(frozen=True)
class Room:
    """What a conversation may hold; None is no limit.

    messages: how many; tokens: how many by the estimate
    """

    messages: int | None = None
    tokens: int | None = None

    def fits(self, messages: Sequence[Message], more: Sequence[Message] = ()) -> bool:
        """Tells whether messages, and more that come, are within both limits."""
        count = len(messages) + len(more)
        if self.messages is not None and count > self.messages:
            return False
        return self.tokens is None or tokens_of(messages) + tokens_of(more) <= self.tokens


def tokens_of(messages: Sequence[Message]) -> int:
    """Returns about how many tokens messages are to a model."""
    return sum(_tokens(message) for message in messages)


def _tokens(message: Message) -> int:
    content = message.get("content")
    text = "" if content is None else as_text(content)
    if message.get("tool_calls"):
        text += json.dumps(message["tool_calls"], ensure_ascii=False)
    return TOKENS_A_MESSAGE + -(-len(text.encode("utf-8", "replace")) // BYTES_A_TOKEN)


def size_of(messages: Sequence[Message]) -> int:
    """Returns how many characters the contents of messages have."""
    contents = (message.get("content") for message in messages)
    return sum(len(content) for content in contents if isinstance(content, str))


def held_by(messages: Sequence[Message]) -> int:
    """Returns about how many bytes messages hold."""
    held = 0
    for message in messages:
        content, calls = message.get("content"), message.get("tool_calls")
        held += MESSAGE + (len(content) if isinstance(content, str) else weight(content))
        held += weight(calls) if calls else 0
    return held


def turns_of(messages: Sequence[Message]) -> tuple[list[Message], list[list[Message]]]:
    """Returns the instructions among messages, and the rest in turns.

    A turn begins with what the user says and holds all that comes of it: answers, tool calls and
    their results, which therefore are never torn apart.
    """
    pinned: list[Message] = []
    turns: list[list[Message]] = []
    for message in messages:
        if message["role"] == "system":
            pinned.append(message)
        elif message["role"] == "user" or not turns:
            turns.append([message])
        else:
            turns[-1].append(message)
    return pinned, turns


def joined(pinned: Sequence[Message], turns: Sequence[Sequence[Message]]) -> list[Message]:
    """Returns instructions and turns as messages again."""
    return [*pinned, *(message for turn in turns for message in turn)]


def fitted(
    messages: Sequence[Message], room: Room, more: Sequence[Message] = (), keep: int = 0
) -> list[Message]:
    """Returns messages without the oldest turns, so that they and `more` are within the limits.

    keep: turns that stay however long they are
    """
    if room.fits(messages, more):
        return list(messages)
    pinned, turns = turns_of(messages)
    while len(turns) > keep and not room.fits(joined(pinned, turns), more):
        turns.pop(0)
    return joined(pinned, turns)


def checked(messages: Sequence[Message], where: str) -> list[Message]:
    """Returns plain messages; raises InvalidArgument for one that no conversation can hold."""
    calls: set[str] = set()
    for i, message in enumerate(messages, 1):
        _check(message, calls, f"{where}: message {i}")
    return [{k: v for k, v in message.items() if v is not None} for message in messages]


def _check(message: Message, calls: set[str], where: str) -> None:
    role = message.get("role")
    if role not in ROLES:
        raise InvalidArgument(f"{where}: role must be one of {', '.join(ROLES)}, got {role!r}")
    if role in ("system", "user") and message.get("content") in (None, ""):
        raise InvalidArgument(f"{where}: content is missing")
    if role == "assistant":
        if message.get("content") is None and not message.get("tool_calls"):
            raise InvalidArgument(f"{where}: content is missing")
        calls.update(call["id"] for call in message.get("tool_calls") or [])
    if role == "tool" and message.get("tool_call_id") not in calls:
        raise InvalidArgument(
            f"{where}: it answers a tool call that no message before it makes",
            hint="put the assistant's message with this tool_calls id before it",
        )


def cut(messages: Sequence[Message], count: int, where: str) -> list[Message]:
    """Returns the first messages; refuses to part a tool call from its answer."""
    if not 0 <= count <= len(messages):
        raise InvalidArgument(
            f"{where}: at must be between 0 and {len(messages)}, the messages there are"
        )
    kept = list(messages[:count])
    asked = {call["id"] for m in kept for call in m.get("tool_calls") or []}
    answered = {m["tool_call_id"] for m in kept if m["role"] == "tool"}
    if asked - answered:
        raise InvalidArgument(
            f"{where}: after {count} messages a tool call has no answer yet",
            hint="branch before the call, or after the answer to it",
        )
    return kept


def shared(one: Sequence[Message], other: Sequence[Message]) -> int:
    """Returns with how many messages both begin: those from before they branched."""
    count = 0
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            break
        count += 1
    return count


def interleaved(one: Sequence[Message], other: Sequence[Message]) -> list[Message]:
    """Returns the turns of both, by turns."""
    mine, yours = turns_of(one), turns_of(other)
    turns: list[list[Message]] = []
    for i in range(max(len(mine[1]), len(yours[1]))):
        turns += mine[1][i : i + 1] + yours[1][i : i + 1]
    return joined([*mine[0], *yours[0]], turns)


def renamed(messages: Sequence[Message], taken: Sequence[Message]) -> list[Message]:
    """Returns messages whose tool calls have other ids than those of `taken`."""
    used = {call["id"] for m in taken for call in m.get("tool_calls") or []}
    names: dict[str, str] = {}
    for message in messages:
        for call in message.get("tool_calls") or []:
            name, count = call["id"], 1
            while name in used:
                count += 1
                name = f"{call['id']}-{count}"
            used.add(name)
            names[call["id"]] = name
    return [_with_ids(message, names) for message in messages]


def _with_ids(message: Message, names: dict[str, str]) -> Message:
    if message["role"] == "tool":
        id = message["tool_call_id"]
        return {**message, "tool_call_id": names.get(id, id)}
    if not message.get("tool_calls"):
        return message
    calls = [{**call, "id": names[call["id"]]} for call in message["tool_calls"]]
    return {**message, "tool_calls": calls}
