"""Looks at every text inside a value, and takes out what may not stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bridges._guardrails.handle import Violation
from bridges._guardrails.spec import Clock, GuardrailSpec, Span, TextRule, Undecided
from bridges._types import Text

MAX_VIOLATIONS = 100
"""Violations that one check reports."""
MAX_CHARACTERS = 4_000_000
"""Characters of all the texts of one value."""
ROUNDS = 4
"""How often a text is searched again for what taking something out has brought together."""
MOST_KEYS = 20
"""Names that are tried for a key that is redacted like another."""
GONE = "[REDACTED]"
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,29}")


@dataclass
class Scan:
    """One look at a value; `value` is what is left of it.

    stuck: whether something was found that could not be taken out
    count: how many places were found; `violations` holds the first of them
    """

    spec: GuardrailSpec
    clock: Clock = field(default_factory=Clock)
    value: Any = None
    violations: list[Violation] = field(default_factory=list)
    count: int = 0
    stuck: bool = False

    def __post_init__(self) -> None:
        self._left = MAX_CHARACTERS
        self._rules = [rule for rule in self.spec.rules if isinstance(rule, TextRule)]

    def run(self, value: Any) -> Scan:
        """Looks at a value of plain data; raises Undecided. For a thread."""
        self.value = self._look(value, "") if self._rules else value
        return self

    def _look(self, value: Any, path: str) -> Any:
        if isinstance(value, Text):
            value = value.text
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            said = str(value)
            left = self._text(said, path)
            return value if left == said else left
        if isinstance(value, dict):
            return self._map(value, path)
        if isinstance(value, list):
            return [self._look(part, f"{path}[{i}]") for i, part in enumerate(value, 1)]
        return value

    def _map(self, value: dict[str, Any], path: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, part in value.items():
            before = self.count
            left = self._text(key, f"{path}.?" if path else "?")
            # A key that a rule objects to is not shown, nor is one that may hold anything.
            named = key if self.count == before and _PLAIN_KEY.fullmatch(key) else "?"
            found[self._free(left, found)] = self._look(part, f"{path}.{named}" if path else named)
        return found

    def _free(self, key: str, taken: dict[str, Any]) -> str:
        """Returns a key that is not taken: of two that are redacted alike both must stay."""
        tries = [key, f"{key} {len(taken) + 1}", *(f"{key}{'_' * i}" for i in range(1, MOST_KEYS))]
        for one in tries:
            if one not in taken and (one is key or not self._find(one)):
                return one
        self.stuck = True
        return key

    def _text(self, text: str, path: str) -> str:
        self._left -= len(text)
        if self._left < 0:
            raise Undecided(f"the value has more than {MAX_CHARACTERS:,} characters")
        found = self._find(text)
        for rule, span in found:
            self.count += 1
            if len(self.violations) < MAX_VIOLATIONS:
                self.violations.append(self._violation(rule, span, path))
        if not found or self.spec.action != "redact":
            return text
        return self._redacted(text, found)

    def _find(self, text: str) -> list[tuple[TextRule, Span]]:
        return [(rule, span) for rule in self._rules for span in rule.find(text, self.clock)]

    def _violation(self, rule: TextRule, span: Span, path: str) -> Violation:
        size = span.end - span.start
        where = (path, span.start + 1, size)
        return Violation(self.spec.name, rule.name, rule.kind, span.message, *where)

    def _redacted(self, text: str, found: list[tuple[TextRule, Span]]) -> str:
        for turn in range(ROUNDS):
            text = _cut(text, [span for _, span in found], self._mark if turn == 0 else _nothing)
            found = self._find(text)
            if not found:
                return text
        for left in (GONE, ""):
            if not self._find(left):
                return left
        self.stuck = True
        return ""

    def _mark(self, span: Span) -> str:
        given = self.spec.replacement
        return f"[{span.label}]" if given is None else given


def _nothing(_span: Span) -> str:
    return ""


def _cut(text: str, spans: Sequence[Span], mark: Any) -> str:
    """Returns a text with places replaced; of those that overlap, the first and longest marks."""
    pieces, at = [], 0
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if span.end <= at and at > 0:
            continue
        if span.start >= at:
            pieces += [text[at : span.start], mark(span)]
        at = max(at, span.end)
    return "".join([*pieces, text[at:]])
