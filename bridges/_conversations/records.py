"""What spells read and write about conversations."""

from __future__ import annotations

from typing import Literal, TypedDict

from bridges._agents.records import AgentLike, AgentMessage
from bridges._joined import KeptScope
from bridges._tools import ToolHandle
from bridges._types import Duration


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


class SaveOptions(TypedDict, total=False):
    """Where a conversation is kept.

    scope: spell (this spell's own), session (of all runs in the session) or global (of all spells
        that are granted it); the session where the run has joined one, else the spell
    """

    scope: KeptScope


class LoadOptions(TypedDict, total=False):
    """Which conversation is meant, and what is to answer.

    scope: spell, session or global; looked for in session and spell unless set
    agent: What answers from now on, in place of what answered before
    """

    scope: KeptScope
    agent: AgentLike


class ConversationTitle(TypedDict):
    """A conversation that is kept.

    name: Its name
    scope: spell, session or global: whose it is
    updated: When it was saved last, in seconds since 1970
    messages: How many messages it has
    first: What the user said first, its beginning
    """

    name: str
    scope: str
    updated: float
    messages: int
    first: str


ConversationTitles = list[ConversationTitle]
