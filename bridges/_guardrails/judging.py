"""Has guardrails look at a value: what they find, what is done, and who is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridges._events.bus import Bus
from bridges._guardrails.handle import Outcome, Violation
from bridges._guardrails.scan import MAX_VIOLATIONS, Scan
from bridges._guardrails.spec import GuardrailSpec, Opinion, Undecided, WholeRule
from bridges._tools import as_data

if TYPE_CHECKING:
    from bridges._session import Session

_ORDER = ("pass", "warn", "redact", "retry", "block")


async def judge(
    session: Session,
    specs: Sequence[GuardrailSpec],
    value: Any,
    where: str,
    about: dict[str, str],
) -> Outcome:
    """Returns what several guardrails make of a value, one after the other."""
    data = as_data(value, f"the {where.replace('_', ' ')}")
    done = Outcome("pass", value)
    for spec in specs:
        outcome = await _Look(session, spec, where, about).at(data)
        if outcome.violations:
            _tell(session, spec, outcome, where, about)
        violations = (*done.violations, *outcome.violations)[:MAX_VIOLATIONS]
        if not outcome.ok:
            return Outcome(outcome.action, None, violations, spec.name, spec.retries)
        action = max(done.action, outcome.action, key=_ORDER.index)
        kept = done.value if outcome.value is data else outcome.value
        data = outcome.value
        done = Outcome(action, kept, violations, spec.name, spec.retries)
    return done


def _tell(
    session: Session, spec: GuardrailSpec, outcome: Outcome, where: str, about: dict[str, str]
) -> None:
    said = "; ".join(list(dict.fromkeys(v.message for v in outcome.violations))[:5])
    fields = {"where": where, "action": outcome.action, **about}
    warning = f"a guardrail was violated: {said}"
    session.log.write("warn", warning, {"guardrail": spec.name, **fields})
    found = [violation.as_map() for violation in outcome.violations]
    event = {"name": spec.name, **fields, "violations": found}
    session.shared(Bus).emit("guardrail.violated", event)


@dataclass
class _Look:
    """One guardrail's look at one value."""

    session: Session
    spec: GuardrailSpec
    where: str
    about: dict[str, str]
    action: str = "pass"
    violations: list[Violation] = field(default_factory=list)

    async def at(self, data: Any) -> Outcome:
        """Returns what comes of it; a guardrail that keeps a value back asks no further rules."""
        data = await self._scan(data)
        for rule in self.spec.rules:
            if self.action in ("retry", "block"):
                break
            if isinstance(rule, WholeRule):
                data = await self._ask(rule, data)
        kept = None if self.action in ("retry", "block") else data
        return Outcome(self.action, kept, tuple(self.violations))

    def _be(self, action: str) -> None:
        self.action = max(self.action, action, key=_ORDER.index)

    async def _scan(self, data: Any) -> Any:
        scan = Scan(self.spec)
        try:
            await asyncio.to_thread(scan.run, data)
        except Undecided as trouble:
            self._undecided("check", "texts", trouble)
        self.violations += scan.violations
        if scan.count:
            self._be("block" if scan.stuck else self.spec.action)
        return scan.value if scan.count and self.spec.action == "redact" else data

    async def _ask(self, rule: WholeRule, data: Any) -> Any:
        try:
            opinion = await rule.judge(self.session, data, self.where, self.about)
        except Undecided as trouble:
            self._undecided(rule.name, rule.kind, trouble)
            return data
        for objection in opinion.objections:
            self.violations.append(
                Violation(
                    self.spec.name,
                    rule.name,
                    rule.kind,
                    objection.message,
                    objection.path,
                    advice=objection.advice,
                )
            )
        if opinion.objections:
            self._be(self._answer(opinion))
        if opinion.has_value and self.action in ("pass", "warn", "redact"):
            # What the function gives is new, and the rules for texts have not seen it.
            return await self._scan(as_data(opinion.value, f"what the rule {rule.name!r} gives"))
        return data

    def _answer(self, opinion: Opinion) -> str:
        # A whole value can be redacted only by who says what it shall be instead.
        if self.spec.action == "redact" and not opinion.has_value:
            return "block"
        return self.spec.action

    def _undecided(self, rule: str, kind: str, trouble: Undecided) -> None:
        self.violations.append(Violation(self.spec.name, rule, kind, str(trouble)))
        self._be("block" if self.spec.on_failure == "block" else "warn")
