"""Conversations: what is said to a model one time after the other, kept within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from bridges._account import Share
from bridges._agents.records import AgentLike, AgentMessage, AgentResult
from bridges._conversations import formats
from bridges._conversations.history import Room, checked, tokens_of
from bridges._conversations.kept import Kept
from bridges._conversations.making import Maker, agent_of, summarize_of
from bridges._conversations.records import (
    ConversationOptions,
    ConversationSummary,
    ConversationTitle,
    ConversationTitles,
    ConversationUsage,
    ExportOptions,
    ImportOptions,
    LoadOptions,
    MergeOptions,
    SaveOptions,
    SayOptions,
    TruncateOptions,
)
from bridges._conversations.shelf import Changed, Shelf, changed
from bridges._conversations.talk import Place, Talk
from bridges._database import database
from bridges._declare import NOTHING, Bridge, HostObject, host_function
from bridges._errors import InvalidArgument, NotFound
from bridges._joined import KeptScope, scope_of, space_for, spaces_of
from bridges._names import did_you_mean
from bridges._sessions.store import check_name
from bridges._tools import as_data, as_text
from bridges._types import StreamOf
from bridges.stream import Stream, with_end

if TYPE_CHECKING:
    from bridges._session import Session


class ConversationObject(HostObject):
    """What was said so far, and an agent that answers."""

    name = "Conversation"

    def __init__(self, session: Session, talk: Talk) -> None:
        self._session = session
        self._talk = talk

    @host_function(needs=NOTHING, since=2)
    async def say(self, input: Any, options: SayOptions | None = None) -> AgentResult:
        """Says something and returns the answer; both are part of the conversation then.

        What is said while an answer is awaited waits its turn. An answer that fails leaves the
        conversation as it was.

        input: Text, an answer of an agent, or data
        options: How this answer differs from the agent's settings
        returns: The answer
        """
        answer: Any = await self._talk.say(input, options or {})
        return answer  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    async def stream(
        self, input: Any, options: SayOptions | None = None
    ) -> StreamOf[str, AgentResult]:
        """Says something and gives the answer as it arrives.

        Until the stream has ended, or is closed, whatever else is said waits.

        input: Text, an answer of an agent, or data
        options: How this answer differs from the agent's settings
        returns: The pieces of text; its result is the answer
        """
        stream: Any = Stream(with_end(self._talk.pieces(input, options or {})))
        return stream  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    def messages(self) -> list[AgentMessage]:
        """Returns what was said so far.

        returns: The messages, oldest first
        """
        found: Any = list(self._talk.messages)
        return found  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    async def add(self, role: Literal["system", "user", "assistant"], content: Any) -> None:
        """Adds a message that nobody answers.

        role: Who speaks
        content: What is said: text, or data
        """
        said = as_text(as_data(content, "Conversation.add: content"))
        message = {"role": role, "content": said}
        await self._talk.add(message, "Conversation.add")

    @host_function(needs=NOTHING, since=2)
    async def truncate(self, options: TruncateOptions) -> int:
        """Takes the oldest turns away; instructions stay, and a tool's call and answer together.

        options: How much stays
        returns: How many messages went
        """
        return await self._talk.truncate(
            _room(self._session, dict(options), "Conversation.truncate")
        )

    @host_function(needs=NOTHING, since=2)
    async def summarize(self, options: ConversationSummary | None = None) -> str | None:
        """Puts a model's summary in the place of all turns but the last.

        options: How the summary is made; as the conversation does unless given
        returns: The summary; nothing where there was too little to summarize
        """
        summarize = summarize_of(self._session, self._talk, options, "Conversation.summarize")
        return await self._talk.shorten_by_summary(summarize)

    @host_function(needs=NOTHING, since=2)
    def branch(self, at: int | None = None) -> ConversationObject:
        """Makes a conversation that begins like this one and goes its own way.

        at: With how many of the messages it begins; all unless given
        returns: The new conversation, with the same agent and limits
        """
        talk = self._talk
        kept = talk.branch(at, "Conversation.branch")
        share = Share(self._session.account, "conversations")
        branched = Talk(kept, talk.agent, talk.room, share, talk.summarize)
        return ConversationObject(self._session, branched)

    @host_function(needs=NOTHING, since=2)
    async def merge(self, other: ConversationObject, options: MergeOptions | None = None) -> None:
        """Takes over what another conversation has; what both begin with stays there once.

        other: The other conversation, which stays as it is
        options: How
        """
        strategy = (options or {}).get("strategy", "append")
        summarize = summarize_of(self._session, self._talk, None, "Conversation.merge")
        messages = list(other._talk.messages)
        await self._talk.merge(messages, strategy, summarize, "Conversation.merge")

    @host_function(needs=NOTHING, since=2)
    def usage(self) -> ConversationUsage:
        """Returns what the conversation used, and how long it is.

        returns: Numbers since its beginning, runs before this one included
        """
        messages = self._talk.messages
        now = {"messages": len(messages), "tokens": tokens_of(messages)}
        found: Any = {**self._talk.kept.usage, **now}
        return found  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    def export(self, options: ExportOptions | None = None) -> str:
        """Returns the conversation as a document.

        options: How it is written
        returns: The text of the document
        """
        return formats.written(self._talk.kept, (options or {}).get("format", "json"))

    @host_function(needs=NOTHING, since=2)
    async def save(self, name: str | None = None, options: SaveOptions | None = None) -> str:
        """Keeps the conversation for later runs, in the place of what is kept under the name.

        One that another run has saved since it was loaded, or saved, here is not replaced: that is
        an error with code invalid_argument.

        name: Under what name; the conversation's own unless given
        options: Where
        returns: The name
        """
        where, talk = "Conversation.save", self._talk
        name = name or talk.kept.name
        if not name:
            raise InvalidArgument(f"{where}: the conversation has no name", hint="give one")
        check_name(name)
        space = space_for(self._session, (options or {}).get("scope"), where)
        shelf = Shelf(database(self._session))
        async with talk.turn():
            talk.kept.name = name
            place = talk.place
            known = place.revision if place and (place.space, place.name) == (space, name) else None
            try:
                revision = await shelf.save(space, talk.kept, known)
            except Changed:
                raise changed(name) from None
            talk.place = Place(space, name, revision)
        return name


class Conversation(Bridge):
    """Holds conversations with models, and keeps them for later runs."""

    @host_function(needs=NOTHING, since=2)
    def new(self, options: ConversationOptions | None = None) -> ConversationObject:
        """Begins a conversation; no model is asked before something is said.

        options: What it is
        returns: The conversation
        """
        where = "Conversation.new"
        given: Any = options or {}
        room = _room(self.session, given, where, "max_")
        messages = checked(given.get("messages", []), f"{where}: messages")
        kept = Kept(given.get("name", ""), messages=messages)
        for name in ("max_messages", "max_tokens"):
            if name in given:
                kept.limits[name] = given[name]
        maker = agent_of(self.session, kept, given, where)
        return self._object(kept, maker, room, given.get("summarize"))

    @host_function(needs=NOTHING, since=2)
    def import_(self, text: str, options: ImportOptions | None = None) -> ConversationObject:
        """Begins a conversation with what a document holds.

        text: The document, as `export` writes it
        options: What it is
        returns: The conversation
        """
        where, given = "Conversation.import", options or {}
        kept = formats.read(text, given.get("format", "json"), where)
        return self._opened(kept, given.get("agent"), where)

    @host_function(needs=NOTHING, since=2)
    async def load(self, name: str, options: LoadOptions | None = None) -> ConversationObject:
        """Goes on with a conversation that was saved.

        name: Its name
        options: Which is meant, and what answers
        returns: The conversation; an unknown name is an error with code not_found
        """
        where, given = "Conversation.load", options or {}
        space = await self._space(name, given.get("scope"), where)
        kept, revision = await Shelf(database(self.session)).load(space, name)
        found = self._opened(kept, given.get("agent"), where)
        found._talk.place = Place(space, name, revision)
        return found

    @host_function(needs=NOTHING, since=2)
    async def list_(self, options: SaveOptions | None = None) -> ConversationTitles:
        """Returns the conversations that were saved, the latest first.

        options: Where; the spell's and the session's unless given
        returns: What is known of each
        """
        scope = (options or {}).get("scope")
        shelf = Shelf(database(self.session))
        found: ConversationTitles = []
        for space in spaces_of(self.session, scope, "Conversation.list"):
            for title in await shelf.titles(space):
                fields: ConversationTitle = {
                    "name": title.name,
                    "scope": scope_of(space),
                    "updated": title.updated,
                    "messages": title.messages,
                    "first": title.first,
                }
                found.append(fields)
        return sorted(found, key=lambda title: -title["updated"])

    @host_function(needs=NOTHING, since=2)
    async def remove(self, name: str, options: SaveOptions | None = None) -> None:
        """Removes a conversation that was saved.

        name: Its name
        options: Which is meant; looked for in the session first
        """
        space = await self._space(name, (options or {}).get("scope"), "Conversation.remove")
        await Shelf(database(self.session)).remove(space, name)

    async def _space(self, name: str, scope: KeptScope | None, where: str) -> str:
        """Returns where a conversation is kept; raises NotFound."""
        check_name(name)
        shelf = Shelf(database(self.session))
        known: list[str] = []
        for space in spaces_of(self.session, scope, where):
            names = [title.name for title in await shelf.titles(space)]
            if name in names:
                return space
            known += names
        raise NotFound(
            f"{where}: there is no conversation {name!r}", hint=did_you_mean(name, known)
        )

    def _opened(self, kept: Kept, agent: AgentLike | None, where: str) -> ConversationObject:
        """Returns a conversation that was kept, with the agent it had or another one."""
        options: Any = {} if agent is None else {"agent": agent}
        maker = agent_of(self.session, kept, options, where)
        limits = dict(kept.limits)
        return self._object(
            kept, maker, _room(self.session, limits, where, "max_"), limits.get("summarize")
        )

    def _object(
        self, kept: Kept, maker: Maker, room: Room, summarize: bool | ConversationSummary | None
    ) -> ConversationObject:
        talk = Talk(kept, maker, room, Share(self.session.account, "conversations"))
        if summarize:
            how: Any = {} if summarize is True else summarize
            talk.summarize = summarize_of(self.session, talk, how, "Conversation.new")
            plain = {key: value for key, value in how.items() if key != "agent"}
            kept.limits["summarize"] = plain
        return ConversationObject(self.session, talk)


def _room(session: Session, options: dict[str, Any], where: str, prefix: str = "") -> Room:
    found = {}
    for name in ("messages", "tokens"):
        value = found[name] = options.get(prefix + name)
        if value is not None and value < (1 if prefix else 0):
            spelled = session.spell_name(prefix + name)
            least = 1 if prefix else 0
            raise InvalidArgument(f"{where}: {spelled} must be at least {least}, got {value}")
    if not prefix and found == {"messages": None, "tokens": None}:
        raise InvalidArgument(
            f"{where}: nothing says how much stays", hint="give messages or tokens"
        )
    return Room(**found)
