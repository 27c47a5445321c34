"""Conversations: what is said to a model one time after the other, kept within limits."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from bridges._agent_records import AgentLike, AgentMessage, AgentResult
from bridges._conversations import formats
from bridges._conversations.history import Room, checked, tokens_of
from bridges._conversations.kept import Kept
from bridges._conversations.making import Maker, agent_of, summarize_of
from bridges._conversations.talk import Talk
from bridges._declare import NOTHING, Bridge, HostObject, host_function
from bridges._errors import InvalidArgument
from bridges._tools import ToolHandle
from bridges._types import Duration, StreamOf
from bridges.stream import Final, Stream

if TYPE_CHECKING:
    from bridges._session import Session


class ConversationSummary(TypedDict, total=False):
    """How older messages become a summary.

    agent: What writes it: an agent, the options of one, or a template's name
    model: The model that writes it, where no agent is given; the conversation's unless set
    keep: Turns at the end that stay as they are; 2 unless set
    prompt: Instructions for the model, in place of the usual ones
    """

    agent: AgentLike
    model: str
    keep: int
    prompt: str


class ConversationOptions(TypedDict, total=False):
    """What a conversation is.

    agent: What answers: an agent, the options of one, or a template's name
    model: The model that answers, where no agent is given; the default model unless set
    system_prompt: Instructions for the model, where no agent is given
    tools: Names of tools, or tools, where no agent is given
    name: Under what name it is saved
    messages: What was said already
    max_messages: Messages to be kept; the oldest turns go first
    max_tokens: The same in tokens, by an estimate: one for four bytes of text, and four a message
    summarize: Whether a model's summary takes the place of the oldest turns, or how
    """

    agent: AgentLike
    model: str
    system_prompt: str
    tools: list[str | ToolHandle]
    name: str
    messages: list[AgentMessage]
    max_messages: int
    max_tokens: int
    summarize: bool | ConversationSummary


class SayOptions(TypedDict, total=False):
    """How one answer differs from the agent's settings.

    model: A model's name or alias
    temperature: How freely the model chooses words
    max_tokens: Tokens of the answer at most
    max_steps: Model requests for the answer at most
    timeout: How long the answer may take
    retries: How often a failed model request is tried again
    """

    model: str
    temperature: float
    max_tokens: int
    max_steps: int
    timeout: Duration
    retries: int


class TruncateOptions(TypedDict, total=False):
    """How much of a conversation stays.

    messages: Messages at most
    tokens: Tokens at most, by the estimate of `max_tokens`
    """

    messages: int
    tokens: int


class MergeOptions(TypedDict, total=False):
    """How one conversation takes over another.

    strategy: append (behind it; the default), interleave (turn by turn), or summary (one message
        in which a model tells what the other was about)
    """

    strategy: Literal["append", "interleave", "summary"]


class ConversationUsage(TypedDict):
    """What a conversation used so far, and how long it is now.

    turns: What was said and answered
    requests: Model requests, those for summaries included
    input_tokens: Tokens the models read
    output_tokens: Tokens the models wrote
    cost: US dollars, where the prices are known
    messages: Messages there are now
    tokens: Tokens of them, by the estimate of `max_tokens`
    dropped: Messages that went for the limits
    summaries: Summaries that were written
    """

    turns: int
    requests: int
    input_tokens: int
    output_tokens: int
    cost: float
    messages: int
    tokens: int
    dropped: int
    summaries: int


class ExportOptions(TypedDict, total=False):
    """How a conversation is written.

    format: json (all of it; the default), jsonl (a message a line), markdown, or text
    """

    format: Literal["json", "jsonl", "markdown", "text"]


class ImportOptions(TypedDict, total=False):
    """What a document is, and what is to answer.

    format: json or jsonl, as export writes them; json unless set
    agent: What answers from now on, in place of the model that the document names
    """

    format: Literal["json", "jsonl"]
    agent: AgentLike


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
        stream: Any = Stream(_with_end(self._talk.pieces(input, options or {})))
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
        message = {"role": role, "content": self._data(content)}
        await self._talk.add(message, "Conversation.add")

    @host_function(needs=NOTHING, since=2)
    async def truncate(self, options: TruncateOptions) -> int:
        """Takes the oldest turns away; instructions stay, and a tool's call and answer together.

        options: How much stays
        returns: How many messages went
        """
        return await self._talk.truncate(_room(dict(options), "Conversation.truncate"))

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
        branched = Talk(kept, talk.agent, talk.room, talk.summarize)
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

    def _data(self, content: Any) -> Any:
        from bridges._tools import as_data, as_text

        return as_text(as_data(content, "Conversation.add: content"))


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
        room = _room(given, where, "max_")
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

    def _opened(self, kept: Kept, agent: AgentLike | None, where: str) -> ConversationObject:
        """Returns a conversation that was kept, with the agent it had or another one."""
        options: Any = {} if agent is None else {"agent": agent}
        maker = agent_of(self.session, kept, options, where)
        limits = dict(kept.limits)
        return self._object(kept, maker, _room(limits, where, "max_"), limits.get("summarize"))

    def _object(
        self, kept: Kept, maker: Maker, room: Room, summarize: bool | ConversationSummary | None
    ) -> ConversationObject:
        talk = Talk(kept, maker, room)
        if summarize:
            how: Any = {} if summarize is True else summarize
            talk.summarize = summarize_of(self.session, talk, how, "Conversation.new")
            plain = {key: value for key, value in how.items() if key != "agent"}
            kept.limits["summarize"] = plain
        return ConversationObject(self.session, talk)


def _room(options: dict[str, Any], where: str, prefix: str = "") -> Room:
    found = {}
    for name in ("messages", "tokens"):
        value = found[name] = options.get(prefix + name)
        if value is not None and value < (1 if prefix else 0):
            raise InvalidArgument(f"{where}: {prefix}{name} must be at least 1, got {value}")
    if not prefix and found == {"messages": None, "tokens": None}:
        raise InvalidArgument(
            f"{where}: nothing says how much stays", hint="give messages or tokens"
        )
    return Room(**found)


async def _with_end(pieces: AsyncGenerator[str | dict[str, Any]]) -> AsyncGenerator[Any]:
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece if isinstance(piece, str) else Final(piece)
