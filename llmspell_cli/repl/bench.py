"""What a REPL works with: an engine for each language, their sessions, and what was evaluated."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bridges._errors import SpellError, from_map
from bridges._session import Session, SpellInfo
from engines._conversation import Conversation, Evaluated
from engines._modules import Modules
from engines._process import Worker
from engines.languages import LANGUAGES
from llmspell_cli import manifest, membership
from llmspell_cli.compose import spelling
from llmspell_cli.program import Spell
from llmspell_cli.repl.doing import Doing
from llmspell_cli.repl.trace import TracedDoor
from llmspell_cli.tracing.sessions import Turns

if TYPE_CHECKING:
    from pathlib import Path

    from llmspell_cli.invocation import Invocation
    from llmspell_cli.repl.face import Face
    from llmspell_cli.request import Request

DEPTH = 4
"""Levels of a value that is echoed."""
PADDING = 1000
"""Lines: a piece further down costs no more than this many to place."""
NAMES = {"lua": "Lua", "javascript": "JavaScript"}
_SHARED = (
    *("grants", "limits", "models", "budget", "log", "environ", "data", "stdin"),
    *("write_error", "run_spell", "audit"),
)
"""What the sessions of a REPL have in common."""


@dataclass
class Piece:
    """Code that was evaluated without an error; shown: whether it had a value."""

    source: str
    shown: bool


@dataclass
class Engine:
    """One engine of a REPL: what it runs in, and what it has evaluated since its last reset."""

    session: Session
    conversation: Conversation
    pieces: list[Piece] = field(default_factory=list)


class Bench:
    """The state of a REPL.

    language: of the engine in use
    failures: the exit code of the last error, 0 before the first
    left: the exit code that code or a command chose by leaving
    traced: whether host calls are shown
    last: the code evaluated last; evaluations: how many there were
    doing: work in the host that `interrupt` ends
    seed: has what the sessions of all engines share; seconds: the time limit of one evaluation
    """

    def __init__(self, invocation: Invocation, request: Request, face: Face, language: str) -> None:
        self.invocation = invocation
        self.request = request
        self.face = face
        self.language = language
        self.failures = 0
        self.left: int | None = None
        self.traced = False
        self.last = ""
        self.evaluations = 0
        self._engines: dict[str, Engine] = {}
        self.doing = Doing()
        self.seed = self._first_session()
        self._turns: Turns | None = None
        self.seconds = time_limit(invocation, request, self.seed, face)

    # -- engines

    @property
    def engine(self) -> Engine:
        """The engine in use, once it was started."""
        return self._engines[self.language]

    @property
    def session(self) -> Session:
        """The session of the engine in use."""
        return self.engine.session

    async def use(self, language: str) -> None:
        """Changes to a language; its engine starts, or goes on where it was left."""
        if self._turns is None:
            self._turns = Turns(self.invocation, self.seed, self.request.trace)
        if language not in self._engines:
            self._engines[language] = await self._start(language)
        self.language = language

    async def reset(self) -> None:
        """Starts the engine in use anew: nothing of what it had made is left."""
        self.evaluations += 1
        await self._engines.pop(self.language).conversation.close()
        await self.use(self.language)

    async def close(self) -> None:
        """Ends the engines."""
        for engine in self._engines.values():
            await engine.conversation.close()
        self._engines.clear()
        await self.seed.close()

    def new_session(self, language: str) -> Session:
        """Returns another session with the same permissions, limits, models and budget."""
        name = SpellInfo("repl", "", None, language)
        shared = {name: getattr(self.seed, name) for name in _SHARED}
        found = Session(spell=name, spell_name=spelling(language), **shared)
        if self._turns is not None:
            self._turns.join(found)
        if self.request.session is not None:
            membership.share(found, self.seed)
        door = TracedDoor(found, lambda text: self.face.note(f"trace: {text}"))
        door.on = self.traced
        found.door = door
        return found

    def sessions(self) -> list[Session]:
        """Returns the sessions of all engines that run."""
        return [engine.session for engine in self._engines.values()]

    def set_model(self, name: str) -> None:
        """Makes a model the default of all engines."""
        for session in (self.seed, *self.sessions()):
            session.models = replace(session.models, default_model=name)

    def set_trace(self, on: bool) -> None:
        """Shows host calls from now on, or no longer."""
        self.traced = on
        for session in self.sessions():
            if isinstance(session.door, TracedDoor):
                session.door.on = on

    # -- work

    async def evaluate(
        self, source: str, name: str = "repl", *, first: int = 1, keep: bool = True
    ) -> Evaluated:
        """Evaluates code, shows what came of it, and returns it.

        name, first: what tracebacks call it, and the number of its first line there
        keep: whether it belongs to what `.save` writes
        """
        self.last = source
        # Empty lines before it count its lines; every so many they begin again under another name.
        before = (first - 1) // PADDING * PADDING
        named = f"{name}+{before}" if before else name
        found = await self.run_code("\n" * (first - 1 - before) + source, named)
        if found.error is not None:
            _place(found.error, name)
            self.fail(found.error)
        elif found.text is not None:
            self.face.echo(found.text, "" if found.plain else self.language)
        if keep and found.error is None and found.exit_code is None:
            self.engine.pieces.append(Piece(source, found.text is not None))
        await self.settle(found)
        return found

    async def run_code(self, source: str, name: str = "repl") -> Evaluated:
        """Evaluates code and returns what came of it; only what it prints is shown."""
        await self._revive()
        self.evaluations += 1
        assert self._turns is not None
        about = {"llmspell.input.number": self.evaluations, "llmspell.language": self.language}
        with self._turns.turn("repl input", about) as turn:
            found = await self.engine.conversation.evaluate(
                source, name, depth=DEPTH, width=self.face.width, seconds=self.seconds
            )
            turn.error = found.error
        return found

    def interrupt(self) -> None:
        """Ends what is under way, as Ctrl-C does."""
        if not self.doing.stop() and self.language in self._engines:
            self.engine.conversation.interrupt()

    def fail(self, error: SpellError, folder: Path | None = None) -> None:
        """Shows an error, and remembers it for the exit code.

        folder: where the files of its traceback lie; the working directory unless given
        """
        self.failures = error.exit_code
        self.face.failed(error, folder or self.invocation.world.cwd)

    # -- inside

    def _first_session(self) -> Session:
        from llmspell_cli import cast

        language = LANGUAGES[self.language]
        cwd = self.invocation.world.cwd
        spell = Spell("", None, language, manifest.Manifest("repl"), cwd)
        return cast.session(self.invocation, spell, self.request, self.face.output)

    async def _start(self, language: str) -> Engine:
        session = self.new_session(language)
        modules = Modules(language, self.invocation.world.cwd, session.grants)
        worker = Worker.start(language)
        conversation = Conversation(worker, session, modules, self.face.output)
        conversation.on_event = self._on_event
        await conversation.start()
        return Engine(session, conversation)

    def _on_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "failed":
            self.fail(from_map(event.get("error")))

    async def _revive(self) -> None:
        if not self.engine.conversation.alive:
            try:
                await self.engine.conversation.ask("check", source="")
            except SpellError as error:
                self.fail(error)  # what it ended with
            await self._replace()

    async def settle(self, found: Evaluated) -> None:
        """Does what an evaluation calls for: leaves, or replaces an engine that is gone."""
        if found.exit_code is not None:
            self.left = found.exit_code
        elif found.lost:
            await self._replace()

    async def _replace(self) -> None:
        """Starts a new engine for one that is gone."""
        pieces = self.engine.pieces
        await self.reset()
        self.engine.pieces = pieces
        text = f"the {NAMES[self.language]} engine was ended and a new one started"
        if pieces:
            text += ": its variables are lost; .save FILE still writes the code that made them"
        self.face.note(f"warning: {text}")


def time_limit(invocation: Invocation, request: Request, session: Session, face: Face) -> float:
    """Returns the seconds one evaluation may take: no limit with a person there, unless set."""
    from llmspell_cli.config import BUILT_IN, load

    limit = session.limits.timeout
    if not face.is_terminal or request.limits.get("timeout") is not None:
        return limit
    config = load(invocation.world, file=invocation.config_file)
    return math.inf if config.sources["limits", "timeout"] == BUILT_IN else limit


def _place(error: SpellError, name: str) -> None:
    """Gives the frames in later parts of an input the lines they have in it."""
    for frame in error.traceback:
        part, plus, before = str(frame.get("file")).rpartition("+")
        if plus and part == name and before.isdigit() and isinstance(frame.get("line"), int):
            frame["file"], frame["line"] = name, frame["line"] + int(before)
