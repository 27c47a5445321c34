"""What spells read and write about teams: options, answers, votes."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, Required, TypedDict

from bridges._agents.agent import AgentHandle, TeamHandle
from bridges._agents.records import AgentLike, AgentMessage, AgentStep, AgentUsage, HandoffRecord
from bridges._docs import documented_like
from bridges._types import Callback, Duration, text_record


class TeamSettings(TypedDict, total=False):
    """What every team has.

    name: What logs, errors and other agents call it; `team` unless set
    description: What it is good for, for agents that have it as a tool
    on_error: What an agent's failure does: with `fail` it ends the run, with `continue` it is kept
        among the results and the others go on. Unless set it is `fail`, and `continue` where a
        supervisor is told of it
    timeout: How long one run may take
    """

    name: str
    description: str
    on_error: Literal["fail", "continue"]
    timeout: Duration


@documented_like(TeamSettings)
class SequentialTeam(TeamSettings, total=False):
    """A team whose agents work one after the other.

    agents: The agents in order: agents, teams, options of agents, or names of templates
    """

    agents: Required[list[AgentLike]]


@documented_like(TeamSettings)
class ParallelTeam(TeamSettings, total=False):
    """A team whose agents work at the same time.

    agents: The agents: agents, teams, options of agents, or names of templates
    merge: What makes one answer of theirs: `all` of them by name (so it is unless set), the `first`
        one, which cancels the others, a `vote` between equal answers, a function that takes the
        list of results, or an agent that reads them
    max_concurrency: How many work at a time; all unless set
    """

    agents: Required[list[AgentLike]]
    merge: Literal["all", "first", "vote"] | Callback | AgentHandle | TeamHandle
    max_concurrency: int


@documented_like(TeamSettings)
class VotingTeam(TeamSettings, total=False):
    """A team whose agents vote.

    agents: The voters: agents, teams, options of agents, or names of templates
    options: What can be chosen; unless set, answers that are equal but for case and spaces
        are votes for the same
    quorum: Valid votes that are needed; 1 unless set
    tie: What happens when several have most votes: the `first` of them wins (so it is unless set),
        the run fails with `error`, or an agent decides
    max_concurrency: How many work at a time; all unless set
    """

    agents: Required[list[AgentLike]]
    options: list[str]
    quorum: int
    tie: Literal["first", "error"] | AgentHandle | TeamHandle
    max_concurrency: int


@documented_like(TeamSettings)
class SupervisedTeam(TeamSettings, total=False):
    """A team in which one agent gives out the work.

    supervisor: The agent that leads: an agent, its options, or the name of a template
    workers: The others: agents, teams, options of agents, or names of templates
    max_rounds: Tasks that may be given out in one run; 10 unless set
    """

    supervisor: Required[AgentLike]
    workers: Required[list[AgentLike]]
    max_rounds: int


class TeamRunOptions(TypedDict, total=False):
    """How one run differs from the team's settings.

    messages: The conversation so far, such as the `messages` of an earlier result
    timeout: How long the run may take
    """

    messages: list[AgentMessage]
    timeout: Duration


class TeamMemberResult(TypedDict, total=False):
    """What one agent of a team did.

    agent: Its name in the team
    status: Whether it has answered, has failed, or was cancelled
    task: What a supervisor asked it
    text: Its answer as text
    output: Its answer
    error: Why it failed
    code: The code of its failure
    usage: What it used
    cost: US dollars, where the prices are known
    duration: Seconds it took
    """

    agent: Required[str]
    status: Required[Literal["done", "failed", "cancelled"]]
    task: str
    text: str
    output: Any
    error: str
    code: str
    usage: AgentUsage
    cost: float
    duration: Required[float]


class TeamBallot(TypedDict, total=False):
    """One agent's vote.

    agent: Its name in the team
    choice: What it chose
    reason: Why, where it said so
    error: Why its vote does not count
    """

    agent: Required[str]
    choice: str
    reason: str
    error: str


class TeamVote(TypedDict):
    """How a vote went.

    winner: What has won
    counts: Votes by choice
    ballots: Every agent's vote
    tied: Whether several had most votes
    """

    winner: str
    counts: dict[str, int]
    ballots: list[TeamBallot]
    tied: bool


@text_record
class TeamResult(TypedDict):
    """The answer of a team; it acts as its text.

    text: The answer as text
    output: The answer
    usage: What all of its agents used
    cost: US dollars, where the prices are known
    model: The model that was asked last
    messages: What the team was asked and has answered, to be passed to a later run
    steps: What its agents did
    duration: Seconds it took
    agent: The team
    handoffs: Empty: what its agents hand over stays inside
    results: What every agent did
    vote: How the vote went, where there was one
    """

    text: str
    output: Any
    usage: AgentUsage
    cost: float | None
    model: str
    messages: list[AgentMessage]
    steps: list[AgentStep]
    duration: float
    agent: str
    handoffs: list[HandoffRecord]
    results: list[TeamMemberResult]
    vote: NotRequired[TeamVote]


class TeamInfo(TypedDict, total=False):
    """What a team is.

    name: Its name
    description: What it is good for
    kind: How its agents work together
    agents: Their names in the team
    on_error: What an agent's failure does
    timeout: Seconds one run may take
    merge: Of a parallel team: what makes one answer, or who
    max_concurrency: How many work at a time
    options: Of a vote: what can be chosen
    quorum: Of a vote: valid votes that are needed
    supervisor: Of a supervised team: who leads
    max_rounds: Of a supervised team: tasks that may be given out
    """

    name: Required[str]
    description: Required[str]
    kind: Required[Literal["sequential", "parallel", "vote", "supervisor"]]
    agents: Required[list[str]]
    on_error: Required[Literal["fail", "continue"]]
    timeout: float | None
    merge: str
    max_concurrency: int | None
    options: list[str]
    quorum: int
    supervisor: str
    max_rounds: int
