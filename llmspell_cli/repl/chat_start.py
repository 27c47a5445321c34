"""Starts a chat: at a terminal, or with one message from standard input."""

from __future__ import annotations

import asyncio
import io
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bridges._conversations.kept import Kept
from bridges._errors import Cancelled, ConfigError, InvalidArgument
from engines.languages import LANGUAGES
from llmspell_cli import manifest, program
from llmspell_cli.program import Spell
from llmspell_cli.repl import chat_dots, dots
from llmspell_cli.repl.bench import time_limit
from llmspell_cli.repl.chats import Chats
from llmspell_cli.repl.face import PlainFace
from llmspell_cli.repl.project import history_of, usage_line, warm_up_soon
from llmspell_cli.repl.start import ENDING, run_loop, signals
from llmspell_cli.repl.suggest import Hint, Suggestion, by_prefix
from llmspell_cli.repl.talker import Talker
from llmspell_cli.tracing.sessions import Turns

if TYPE_CHECKING:
    from llmspell_cli.invocation import Invocation
    from llmspell_cli.repl.face import Face
    from llmspell_cli.request import Request
    from llmspell_cli.shell.screen import TerminalFace

MAX_MESSAGE = 16 * 1024 * 1024


@dataclass(frozen=True)
class Topic:
    """What a command line asks of a chat; None leaves it as it is in the conversation.

    name: of the conversation; latest: to go on with the latest; vi: whether keys are those of vi
    """

    system: str | None
    tools: list[str] | None
    name: str | None
    latest: bool
    vi: bool


def start(invocation: Invocation, request: Request, topic: Topic) -> int:
    """Runs a chat to its end and returns the exit code."""
    if topic.name and topic.latest:
        raise ConfigError("--session and --continue exclude each other")
    world = invocation.world
    if world.is_terminal(world.stdin) and world.is_terminal(world.stdout):
        from llmspell_cli.shell.screen import TerminalFace

        face = TerminalFace(world, quiet=invocation.quiet, verbose=invocation.verbose)
        inner = replace(invocation, world=face.world)
        return run_loop(_converse(inner, request, topic, face))
    text = program.decode(world.stdin.read(MAX_MESSAGE + 1), "standard input").strip()
    if len(text) > MAX_MESSAGE:
        raise InvalidArgument(f"the message is larger than {MAX_MESSAGE} bytes")
    if not text:
        raise ConfigError("there is no message", hint="echo 'Hello' | llmspell chat")
    inner = replace(invocation, world=replace(world, stdin=io.BytesIO()))
    plain = PlainFace(inner.world, quiet=invocation.quiet, verbose=invocation.verbose)
    return run_loop(_answer(inner, request, topic, plain, text))


async def _talker(invocation: Invocation, request: Request, topic: Topic, face: Face) -> Talker:
    from llmspell_cli import cast

    spell = Spell("", None, LANGUAGES["lua"], manifest.Manifest("chat"), invocation.world.cwd)
    session = cast.session(invocation, spell, request, face.output)
    chats = Chats(invocation.world.data_dir)
    session.on_close(chats.close)
    async with AsyncExitStack() as unless_begun:
        unless_begun.push_async_callback(session.close)
        turns = Turns(invocation, session, request.trace)
        talker = await _begin(
            Talker(session, face, chats, Kept(), turns), invocation, request, topic
        )
        unless_begun.pop_all()
    return talker


async def _begin(talker: Talker, invocation: Invocation, request: Request, topic: Topic) -> Talker:
    """Takes up the conversation that is wanted, or begins one."""
    chats, face = talker.chats, talker.face
    names = await chats.names() if topic.latest else []
    wanted = topic.name or (names[0] if names else None)
    if topic.latest and not wanted:
        face.note("no conversation is kept yet: this is a new one")
    if wanted or topic.latest or face.is_terminal:
        talker.chat.name = wanted or await chats.new_name()
    talker.seconds = time_limit(invocation, request, talker.session, face)
    if wanted and await chats.has(wanted):
        await chat_dots.resume(talker, wanted)
    if request.model:
        talker.set_model(request.model)
    if topic.system is not None:
        talker.chat.system_prompt = topic.system
    if topic.tools is not None:
        talker.chat.tools = talker.check_tools(topic.tools)
    return talker


async def _answer(
    invocation: Invocation, request: Request, topic: Topic, face: Face, text: str
) -> int:
    talker = await _talker(invocation, request, topic, face)
    talker.keeps = bool(topic.name or topic.latest)
    stopped = [False]

    def stop() -> None:
        stopped[0] = True
        talker.interrupt()

    try:
        with signals(stop, (signal.SIGINT, *ENDING)):
            await talker.say(text)
    finally:
        await talker.session.close()
    return Cancelled.exit_code if stopped[0] else talker.failures


async def _converse(
    invocation: Invocation, request: Request, topic: Topic, face: TerminalFace
) -> int:
    talker = await _talker(invocation, request, topic, face)
    task = asyncio.ensure_future(_Loop(talker, invocation, topic, face).run())
    with signals(task.cancel, ENDING):
        try:
            return await task
        except asyncio.CancelledError:
            return Cancelled.exit_code
        finally:
            await talker.session.close()


class _Loop:
    """The loop of a chat at a terminal; it is the editor's helper as well."""

    def __init__(
        self, talker: Talker, invocation: Invocation, topic: Topic, face: TerminalFace
    ) -> None:
        from llmspell_cli.shell.editor import Editor, Look

        self._talker = talker
        self._face = face
        history = history_of(invocation.world, talker.session.models, "chat")
        look = Look("> ", "", ".md", topic.vi, face.colour)
        self._editor = Editor(look, self, history, face.screen)

    async def run(self) -> int:
        """Reads and answers until the user leaves; returns the exit code."""
        # All the time: Ctrl-C may come just as an answer ends.
        with signals(self._interrupt, (signal.SIGINT,)):
            return await self._run()

    async def _run(self) -> int:
        talker, face = self._talker, self._face
        face.note("a conversation with a model; .help lists the commands, Ctrl-D leaves")
        warm_up_soon()
        while talker.left is None:
            face.entries = self._editor.history.typed()
            default, face.next = face.next, None
            try:
                text = await self._editor.read(default or "", editing=default is not None)
            except KeyboardInterrupt:
                if not self._editor.left_over:
                    face.note("Ctrl-D or .exit leaves")
                continue
            except EOFError:
                return 0
            if dots.is_command(text):
                await chat_dots.run(talker, text)
            elif text.strip():
                await talker.say(text)
        return talker.left

    def _interrupt(self) -> None:
        self._face.screen.disturbed()
        self._talker.interrupt()

    # -- the editor's questions

    async def is_complete(self, _text: str) -> bool:
        """Tells that Enter sends: Alt-Enter is for another line."""
        return True

    async def suggest(self, text: str) -> list[Suggestion]:
        """Returns how a dot command may go on."""
        if not text.startswith("."):
            return []
        command, space, rest = text.partition(" ")
        if not space:
            return by_prefix(text, {f".{name}": dot.about for name, dot in chat_dots.TABLE.items()})
        if command in (".resume", ".delete"):
            return by_prefix(rest, dict.fromkeys(await self._talker.chats.names(), ""))
        if command == ".tools":
            found = self._talker.call("Tool.list")
            known = {tool["name"]: tool["description"] for tool in found}
            return by_prefix(rest.rpartition(",")[2].lstrip(), known)
        if command == ".model":
            return by_prefix(rest, dict.fromkeys(await self._talker.call_async("Model.list"), ""))
        return []

    async def hint(self, _text: str) -> Hint | None:
        """Returns nothing: nothing is called."""
        return None

    def indent(self, _text: str) -> str:
        """Returns nothing: text is not set in."""
        return ""

    def should_close(self, _before: str) -> bool:
        """Tells that no line is set in."""
        return False

    def status(self) -> tuple[str, str]:
        """Returns the conversation, and model, tokens and cost so far."""
        return self._talker.chat.name, usage_line(self._talker.session)
