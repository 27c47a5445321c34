"""How steps and workflows went, on its way to becoming what scripts are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridges._agents.agent import Tally
from bridges._errors import InvalidArgument, SpellError
from bridges._tools import as_data, as_text

if TYPE_CHECKING:
    from bridges._workflow.specs import Step


class StepFailed(Exception):
    """Ends a workflow: the failure, and the step (None where the workflow itself failed).

    undo: whether the finished steps are to be undone
    """

    def __init__(self, error: SpellError, step: Step | None, undo: bool) -> None:
        super().__init__(error.message)
        self.error = error
        self.step = step
        self.undo = undo


@dataclass
class Went:
    """How one step went; where it ran several times, the last time, and the sums.

    inner: how the steps of the workflow went that it ran
    """

    status: str = "cancelled"
    output: Any = None
    duration: float = 0.0
    attempts: int = 0
    used: Tally = field(default_factory=Tally)
    error: SpellError | None = None
    undo_error: SpellError | None = None
    inner: dict[str, Went] | None = None

    def ended(self, status: str, output: Any = None, error: SpellError | None = None) -> None:
        """Notes how it ended."""
        self.status, self.output, self.error = status, output, error

    def add(self, seconds: float, used: Tally) -> None:
        """Adds what one time has taken."""
        self.duration += seconds
        self.used.requests += used.requests
        self.used.input_tokens += used.input_tokens
        self.used.output_tokens += used.output_tokens
        if used.cost is not None:
            self.used.cost = (self.used.cost or 0.0) + used.cost

    def fields(self, write: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Returns the fields of `WorkflowStepResult`.

        write: spells the fields of steps inside as scripts see them, which no type does there
        """
        found = {
            "status": self.status,
            "output": self.output,
            "duration": self.duration,
            "attempts": self.attempts,
            "usage": usage(self.used),
            "cost": self.used.cost,
            "error": error_fields(self.error),
            "compensation_error": error_fields(self.undo_error),
        }
        if self.inner is not None:
            found["steps"] = {n: write(went.fields(write)) for n, went in self.inner.items()}
        return given(found)


def given(fields: dict[str, Any]) -> dict[str, Any]:
    """Returns what there is; nothing is left out."""
    return {key: value for key, value in fields.items() if value is not None}


def usage(used: Tally) -> dict[str, int]:
    """Returns the fields of `AgentUsage`."""
    return {
        "requests": used.requests,
        "input_tokens": used.input_tokens,
        "output_tokens": used.output_tokens,
    }


def error_fields(error: SpellError | None) -> dict[str, Any] | None:
    """Returns the fields of `WorkflowError`."""
    if error is None:
        return None
    more = {"hint": error.hint, "at": error.place}
    told = {key: value for key, value in more.items() if value}
    return {"code": error.code, "message": error.message, **told}


def text_of(output: Any) -> str:
    """Returns an output as text."""
    if output is None:
        return ""
    try:
        return as_text(as_data(output, "the output"))
    except InvalidArgument:  # bytes that are no text
        return ""
