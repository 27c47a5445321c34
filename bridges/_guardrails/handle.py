"""Guardrails as the rest of the program holds them: what they guard, find and decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridges._declare import HostObject
from bridges._errors import GuardrailBlocked

if TYPE_CHECKING:
    from bridges._guardrails.spec import GuardrailSpec
    from bridges._session import Session

PLACES = ("input", "output", "tool_input", "tool_output")
"""What a guardrail can look at."""
MOST_SAID = 5
"""Different violations that a message names."""


@dataclass(frozen=True)
class Violation:
    """One thing a rule objects to; it never holds the text it is about.

    guardrail: whose rule; rule: its name; kind: what kind of rule
    message: what is wrong
    path: where in a map or list; start, length: which characters of a text, from 1
    advice: what a model is told besides; it may quote the model's own words
    """

    guardrail: str
    rule: str
    kind: str
    message: str
    path: str = ""
    start: int | None = None
    length: int | None = None
    advice: str = field(default="", compare=False)

    def as_map(self) -> dict[str, Any]:
        """Returns what scripts, events and errors show of it."""
        found: dict[str, Any] = {
            "guardrail": self.guardrail,
            "rule": self.rule,
            "kind": self.kind,
            "message": self.message,
        }
        if self.path:
            found["path"] = self.path
        if self.start is not None:
            found["start"], found["length"] = self.start, self.length
        return found


@dataclass(frozen=True)
class Outcome:
    """What comes of a check.

    action: pass, warn, redact, retry or block; the last two keep the value back
    value: the value to go on with; None when it is kept back
    guardrail: the name of the guardrail that decided
    retries: how often a model may try again
    """

    action: str
    value: Any
    violations: tuple[Violation, ...] = ()
    guardrail: str = ""
    retries: int = 0

    @property
    def ok(self) -> bool:
        """Whether the value may be used."""
        return self.action not in ("retry", "block")

    def advice(self) -> str:
        """Returns what is wrong, for a model."""
        return self._said([violation.advice or violation.message for violation in self._own()])

    def error(self, where: str) -> GuardrailBlocked:
        """Returns the error for a value that is kept back."""
        said = self._said([violation.message for violation in self._own()])
        return GuardrailBlocked(
            f"the guardrail {self.guardrail!r} blocked the {where.replace('_', ' ')}: {said}",
            hint="the error's details list the violations",
            details={
                "guardrail": self.guardrail,
                "where": where,
                "violations": [violation.as_map() for violation in self.violations],
            },
        )

    def _own(self) -> list[Violation]:
        """Returns what the guardrail that decided objects to."""
        return [one for one in self.violations if one.guardrail == self.guardrail]

    def _said(self, messages: list[str]) -> str:
        return "; ".join(list(dict.fromkeys(messages))[:MOST_SAID])


class GuardrailHandle(HostObject):
    """A guardrail as scripts hold it; the noun's own module adds the methods.

    specs: the guardrails it is made of, which look one after the other
    """

    name = "Guardrail"
    specs: tuple[GuardrailSpec, ...]

    async def judge(
        self, session: Session, value: Any, where: str, about: dict[str, str] | None = None
    ) -> Outcome:
        """Checks a value and reports what is found; one for another place passes.

        about: more about the value for events and for rules of the script, such as the tool
        """
        return await judge_all(session, (self,), value, where, about)

    async def check(self, session: Session, value: Any, where: str) -> Any:
        """Returns the value to go on with; raises GuardrailBlocked."""
        outcome = await self.judge(session, value, where)
        if not outcome.ok:
            raise outcome.error(where)
        return outcome.value


def is_guarded(guardrails: Sequence[GuardrailHandle], where: str) -> bool:
    """Tells whether a guardrail looks at a place."""
    return any(where in spec.on for guardrail in guardrails for spec in guardrail.specs)


async def judge_all(
    session: Session,
    guardrails: Sequence[GuardrailHandle],
    value: Any,
    where: str,
    about: dict[str, str] | None = None,
) -> Outcome:
    """Has several guardrails look one after the other, each at what the one before left."""
    specs = [spec for one in guardrails for spec in one.specs if where in spec.on]
    if not specs:
        return Outcome("pass", value)
    from bridges._guardrails.judging import judge

    return await judge(session, specs, value, where, about or {})
