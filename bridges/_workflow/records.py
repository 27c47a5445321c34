"""What scripts say of workflows, and what they are told: options, results, events."""

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict

from bridges._agents.records import AgentLike, AgentUsage
from bridges._state.handle import StateHandle
from bridges._tools import ToolHandle
from bridges._types import Callback, Duration, text_record
from bridges._workflow.handle import WorkflowHandle


class WorkflowCondition(TypedDict, total=False):
    """A condition without a function: what a value of the workflow is like.

    path: The value's name, such as `steps.rate.output.score`, `state.ready` or `item`
    op: How it is compared; without it the value must be there and neither false nor null
    value: What it is compared with
    """

    path: Required[str]
    op: Literal["==", "!=", ">", ">=", "<", "<=", "in", "contains", "exists", "missing"]
    value: Any


class WorkflowRetry(TypedDict, total=False):
    """How often a failing step is tried.

    attempts: How often at most, the first try included; 3 unless set
    delay: How long to wait before the second try; 0.2 s unless set
    backoff: What the wait is multiplied by after each try; 2 unless set
    max_delay: The longest wait; 30 s unless set
    """

    attempts: int
    delay: Duration
    backoff: float
    max_delay: Duration


class WorkflowUndo(TypedDict, total=False):
    """A step that undoes another one. It does one thing, as a step does.

    run: A function of the spell
    tool: A tool or its name
    params: The tool's arguments or the spell's parameters, a template
    agent: An agent, its options, or the name of a template
    prompt: What the agent is asked, a template
    workflow: A workflow, or its options
    input: What the workflow works on, a template
    spell: Another spell's file
    retry: How often it is tried at most, or how
    timeout: How long one try may take; 60 s unless set
    """

    run: Callback
    tool: str | ToolHandle
    params: dict[str, Any]
    agent: AgentLike
    prompt: Any
    workflow: WorkflowHandle | str | dict[str, Any]
    input: Any
    spell: str
    retry: int | WorkflowRetry
    timeout: Duration


class WorkflowStep(TypedDict, total=False):
    """One step: a name, and exactly one of `run`, `tool`, `agent`, `workflow`, `spell`.

    name: What results, templates and messages call it: letters, digits, _ and -
    run: A function of the spell; it gets the context as one map, and gives the step's output
    tool: A tool or its name
    params: The tool's arguments or the spell's parameters, a template
    agent: An agent, its options, or the name of a template
    prompt: What the agent is asked, a template; the workflow's input unless set
    workflow: A workflow, or its options; in a workflow file also another one's path
    input: What the workflow works on, a template; this workflow's input unless set
    spell: Another spell's file, in any language, relative to this spell's folder
    when: Whether the step runs at all: a function, or a condition
    retry: How often it is tried at most, or how
    timeout: How long one try may take
    on_error: What its failure does: `fail` ends the workflow, `continue` goes on without its
        output, `retry` tries it three times before it fails, `compensate` undoes the finished
        steps, newest first, and then fails. The workflow's own `on_error` unless set
    compensate: Undoes the step once it has finished: a function, or a step without a name
    """

    name: Required[str]
    run: Callback
    tool: str | ToolHandle
    params: dict[str, Any]
    agent: AgentLike
    prompt: Any
    workflow: WorkflowHandle | str | dict[str, Any]
    input: Any
    spell: str
    when: Callback | WorkflowCondition
    retry: int | WorkflowRetry
    timeout: Duration
    on_error: Literal["fail", "continue", "retry", "compensate"]
    compensate: Callback | WorkflowUndo


class WorkflowBranch(TypedDict, total=False):
    """One way a conditional workflow can go.

    when: Whether it goes this way: a function, or a condition
    steps: The steps, in order
    """

    when: Required[Callback | WorkflowCondition]
    steps: Required[list[WorkflowStep]]


class WorkflowOptions(TypedDict, total=False):
    """What a workflow is.

    name: What results, events and messages call it; it must be set
    description: What it is for
    type: Which kind it is; `sequential` unless set
    steps: The steps, of every kind but conditional and map_reduce
    branches: Of a conditional workflow: the first whose `when` holds is taken
    default: Of a conditional workflow: the steps where no branch is taken
    items: Of a loop or map_reduce: the list it works through, or a template that gives one
    range: Of a loop: whole numbers `from`, `to` (included) and `step` instead of items
    repeat_while: Of a loop: asked before each round, a function or a condition
    repeat_until: Of a loop: asked after each round; the loop ends when it holds
    max_iterations: Of a loop: its rounds at most; more is an error; 1000 unless set
    map: Of map_reduce: the step for each item, all at the same time
    reduce: Of map_reduce: the step that makes one output of the list of outputs
    max_concurrency: Of parallel and map_reduce: steps that run at a time; 50 unless set
    merge: Of a parallel workflow, what its output is: `by_name` is a map, `all` a list, `first`
        what finishes first, and the others are cancelled; `vote` what most gave; or a function
    params: Values of `{{params}}`, where a run does not give them
    state: Values of `{{state}}`: a state, read anew for each step, or a map
    timeout: How long a run may take
    on_error: What the failure of a step does that says nothing itself
    """

    name: str
    description: str
    type: Literal["sequential", "parallel", "conditional", "loop", "map_reduce", "pipeline"]
    steps: list[WorkflowStep]
    branches: list[WorkflowBranch]
    default: list[WorkflowStep]
    items: Any
    range: dict[str, int]
    repeat_while: Callback | WorkflowCondition
    repeat_until: Callback | WorkflowCondition
    max_iterations: int
    map: WorkflowStep
    reduce: WorkflowStep
    max_concurrency: int
    merge: Literal["by_name", "first", "all", "vote"] | Callback
    params: dict[str, Any]
    state: StateHandle | dict[str, Any]
    timeout: Duration
    on_error: Literal["fail", "continue", "retry", "compensate"]


class WorkflowRunOptions(TypedDict, total=False):
    """How one run differs.

    params: Values of `{{params}}`
    timeout: How long the run may take
    """

    params: dict[str, Any]
    timeout: Duration


class WorkflowError(TypedDict, total=False):
    """Why something failed.

    code: The error's code
    message: What happened
    hint: What to do about it
    at: The line of the spell that failed, as `file:line`, where that is known
    """

    code: Required[str]
    message: Required[str]
    hint: str
    at: str


class WorkflowStepResult(TypedDict, total=False):
    """How a step went. Of one that ran several times, in a loop: how the last time went.

    status: What became of it; `compensated` has finished and was undone
    output: What it gave
    duration: Seconds it took, all times together
    attempts: How often it was tried, all times together
    usage: What its agents used
    cost: US dollars, where the prices are known
    error: Why it failed
    compensation_error: Why it could not be undone
    steps: Of a workflow: how its steps went, by name
    """

    status: Required[Literal["done", "failed", "skipped", "cancelled", "compensated"]]
    output: Any
    duration: Required[float]
    attempts: Required[int]
    usage: Required[AgentUsage]
    cost: float
    error: WorkflowError
    compensation_error: WorkflowError
    steps: dict[str, Any]


@text_record
class WorkflowResult(TypedDict, total=False):
    """How a run went; it acts as its output's text.

    name: The workflow's name
    text: The output as text
    output: The output: of the last step, or what the kind of workflow makes of its steps
    outputs: What the steps gave, by name
    status: How it ended; `partial` went on after the failure of a step, in it or deeper inside
    steps: How each step went, by name
    usage: What its agents used
    cost: US dollars, where the prices are known
    duration: Seconds it took
    correlation: What its events have in common
    error: Why it failed
    """

    name: Required[str]
    text: Required[str]
    output: Any
    outputs: Required[dict[str, Any]]
    status: Required[Literal["done", "partial", "failed"]]
    steps: Required[dict[str, WorkflowStepResult]]
    usage: Required[AgentUsage]
    cost: float
    duration: Required[float]
    correlation: str
    error: WorkflowError


class WorkflowEvent(TypedDict, total=False):
    """What happens in a run, as it happens.

    event: `workflow.started`, `step.started`, `step.ended`, `step.failed`, `step.skipped`,
        `step.retried`, `step.compensated`, `workflow.ended` or `workflow.failed`
    workflow: The workflow's name, those around it first: `report/search`
    step: The step's name
    attempt: Of a retry: which try begins
    output: What was given
    error: What went wrong
    duration: Seconds it took
    """

    event: Required[str]
    workflow: Required[str]
    step: str
    attempt: int
    output: Any
    error: WorkflowError
    duration: float


class WorkflowStepInfo(TypedDict):
    """What a step is.

    name: Its name
    kind: What it does: run, tool, agent, workflow or spell
    """

    name: str
    kind: str


class WorkflowInfo(TypedDict):
    """What a workflow is.

    name: Its name
    description: What it is for
    type: Which kind it is
    steps: Its steps, in order
    """

    name: str
    description: str
    type: str
    steps: list[WorkflowStepInfo]


class WorkflowProblem(TypedDict):
    """What is wrong with a workflow.

    where: The place, such as `steps[2].tool`
    message: What is wrong there
    """

    where: str
    message: str
