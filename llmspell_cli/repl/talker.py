"""Holds one conversation with a model, through the door, as a spell's agent would."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridges._conversations.kept import Kept
from bridges._errors import SpellError, TimeLimit
from bridges._gate import GateKind
from bridges._sessions.joining import usage_of
from llmspell_cli.repl.chats import Chats
from llmspell_cli.repl.doing import Doing
from llmspell_cli.repl.trace import short
from llmspell_cli.terminal import clean

if TYPE_CHECKING:
    from bridges._session import Session
    from llmspell_cli.repl.face import Face
    from llmspell_cli.tracing.sessions import Turn, Turns


class Talker:
    """A conversation, and where its answers go.

    chat: the conversation; keeps: whether it is saved after each answer
    failures: the exit code of the last error; left: set when the user leaves
    seconds: how long one answer may take; turns: what follows each message with its answer
    """

    def __init__(
        self, session: Session, face: Face, chats: Chats, chat: Kept, turns: Turns
    ) -> None:
        self.session = session
        self.face = face
        self.chats = chats
        self.chat = chat
        self.turns = turns
        self.keeps = True
        self.failures = 0
        self.left: int | None = None
        self.seconds = float("inf")
        self.doing = Doing()
        self.last = ""
        session.gate = _ToolCalls(face)

    def interrupt(self) -> None:
        """Ends the answer that is coming."""
        self.doing.stop()

    def fail(self, error: SpellError) -> None:
        """Shows an error, and remembers it for the exit code."""
        self.failures = error.exit_code
        self.face.failed(error)

    async def say(self, text: str) -> None:
        """Sends what the user says, writes the answer as it comes, and keeps both.

        What came of an answer that failed or was stopped is kept as far as it came.
        """
        self.last = text
        about = {"gen_ai.conversation.id": self.chat.name or None}
        with self.turns.turn("chat turn", about) as turn:
            await self._say(text, turn)

    async def _say(self, text: str, turn: Turn) -> None:
        pieces: list[str] = []
        before = self._used()
        try:
            result = await self.doing.run(self._ask(text, pieces))
        except SpellError as error:
            turn.error = error
            self._end_line(pieces)
            self.fail(error)
            if pieces:
                said = [{"role": "user", "content": text}]
                said.append({"role": "assistant", "content": "".join(pieces)})
                await self._keep([*self.chat.messages, *said], before)
            return
        if not pieces and result["text"]:
            self._write(result["text"], pieces)
        self._end_line(pieces)
        await self._keep(result["messages"], before)
        if self.face.is_terminal:
            used = self._since(before)
            tokens = used["input_tokens"] + used["output_tokens"]
            self.face.note(f"{tokens:,.0f} tokens, ${used['cost']:.4f}")

    def set_model(self, name: str) -> None:
        """Asks another model from now on; name: empty for the default."""
        self.chat.model = name
        if name:
            self.session.models = replace(self.session.models, default_model=name)

    def check_tools(self, names: list[str]) -> list[str]:
        """Returns the names of tools; raises NotFound for one that there is not."""
        for name in names:
            self.call("Tool.get", name)
        return names

    def call(self, name: str, *arguments: Any) -> Any:
        """Calls a host function."""
        door = self.session.door
        return door.call(door.number(name), list(arguments))

    async def call_async(self, name: str, *arguments: Any) -> Any:
        """Calls a host function that takes time."""
        door = self.session.door
        return await door.call_async(door.number(name), list(arguments))

    async def _ask(self, text: str, pieces: list[str]) -> Any:
        chat = self.chat
        options: dict[str, Any] = {"name": "chat", "tools": chat.tools}
        if chat.system_prompt:
            options["system_prompt"] = chat.system_prompt
        agent = self.call("Agent.new", options)
        try:
            async with asyncio.timeout(None if self.seconds == float("inf") else self.seconds):
                earlier = {"messages": chat.messages}
                stream = await self.call_async("Agent:stream", agent, text, earlier)
                try:
                    while not (came := await self.call_async("Stream:next", stream))["done"]:
                        self._write("".join(came["items"]), pieces)
                    return await self.call_async("Stream:result", stream)
                finally:
                    await self.call_async("Stream:close", stream)
        except TimeoutError:
            raise TimeLimit(
                f"the answer took longer than the time limit of {self.seconds:g} s",
                hint="raise timeout under [limits], or pass --timeout",
            ) from None

    def _write(self, text: str, pieces: list[str]) -> None:
        pieces.append(text)
        shown = clean(text) if self.face.is_terminal else text
        self.face.output.write(shown.encode("utf-8", "backslashreplace"))

    def _end_line(self, pieces: list[str]) -> None:
        if pieces and not "".join(pieces).endswith("\n"):
            self.face.output.write(b"\n")

    async def _keep(self, messages: list[dict[str, Any]], before: dict[str, float]) -> None:
        chat = self.chat
        chat.messages = messages
        chat.usage["turns"] += 1
        for name, amount in self._since(before).items():
            chat.usage[name] += amount
        if self.keeps:
            await self._save()

    async def _save(self) -> None:
        name = self.chat.name
        try:
            await self.chats.save(self.chat)
        except SpellError as error:
            self.face.note(f"warning: the conversation is not saved: {error}")
        if self.chat.name != name:
            self.face.note(
                f"warning: {name} was changed by another chat; this one is now {self.chat.name}"
            )

    def _since(self, before: dict[str, float]) -> dict[str, float]:
        """Returns what was used since then."""
        return {name: amount - before[name] for name, amount in self._used().items()}

    def _used(self) -> dict[str, float]:
        return usage_of(self.session)


class _ToolCalls:
    """Shows the tools that the model calls."""

    def __init__(self, face: Face) -> None:
        self._face = face

    async def pass_on(self, kind: GateKind, name: str, request: dict[str, Any]) -> dict[str, Any]:
        """Returns the request as it is."""
        if kind == "tool":
            said = ", ".join(f"{k}: {short(v)}" for k, v in request["arguments"].items())
            self._face.note(f"{name}({said})")
        return request
