"""Makes rules of what a spell says they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bridges._errors import InvalidArgument
from bridges._guardrails.patterns import by_pattern, by_words
from bridges._guardrails.spec import (
    RETRIES,
    Clock,
    Finder,
    GuardrailSpec,
    Span,
    TextRule,
    WholeRule,
)
from bridges._guardrails.topic import by_topic
from bridges._guardrails.whole import by_function, by_length, by_schema
from bridges._names import did_you_mean

SETTINGS = ("name", "on", "action", "retries", "on_failure", "replacement")
"""Options of a guardrail; what else it is given belongs to its rule."""
MAX_RULES = 100
MAX_RETRIES = 10
MAX_REPLACEMENT = 200
"""Characters that stand for one place in a text, of which there may be many."""
PII = ("email", "phone", "credit_card", "iban", "ip", "ssn")


def spec_of(options: Mapping[str, Any], rules: list[Any], kind: str, where: str) -> GuardrailSpec:
    """Makes a guardrail; raises InvalidArgument.

    rules: from `rule_of`; kind: its name unless the options have one
    """
    if not rules or len(rules) > MAX_RULES:
        raise InvalidArgument(f"{where}: a guardrail has 1 to {MAX_RULES} rules")
    given = {key: options[key] for key in SETTINGS if key in options}
    on = frozenset(given.pop("on", ("input", "output")))
    if not on:
        raise InvalidArgument(f"{where}: on names no place", hint="leave it out for both ends")
    retries = given.get("retries", RETRIES)
    if not 0 <= retries <= MAX_RETRIES:
        raise InvalidArgument(f"{where}: retries must be 0 to {MAX_RETRIES}, got {retries}")
    if len(given.get("replacement", "")) > MAX_REPLACEMENT:
        raise InvalidArgument(f"{where}: replacement has more than {MAX_REPLACEMENT} characters")
    return GuardrailSpec(**{"name": kind, **given, "on": on, "rules": tuple(rules)})


def rule_of(kind: str, options: Mapping[str, Any], where: str) -> TextRule | WholeRule:
    """Makes a rule of its options; raises InvalidArgument."""
    takes, needs, make = _KINDS[kind]
    for key in options:
        if key not in (*takes, "kind", "name"):
            raise InvalidArgument(
                f"{where}: a rule of kind {kind!r} has no option {key!r}",
                hint=did_you_mean(key, (*takes, "name")),
            )
    for key in needs:
        if key not in options:
            raise InvalidArgument(f"{where}: {key!r} is missing")
    made = make(options, where)
    name = options.get("name", kind)
    return TextRule(name, kind, made) if kind in _ON_TEXTS else WholeRule(name, kind, made)


def _pattern(options: Mapping[str, Any], where: str) -> Finder:
    ignore_case, required = options.get("ignore_case", False), options.get("required", False)
    return by_pattern(options["pattern"], ignore_case, required, where)


def _words(options: Mapping[str, Any], where: str) -> Finder:
    return by_words(options["words"], where)


def _pii(options: Mapping[str, Any], where: str) -> Finder:
    types, regions = options.get("types", PII), options.get("regions", ["US"])
    if not types:
        raise InvalidArgument(f"{where}: types is empty", hint=f"known are {', '.join(PII)}")
    for region in regions:
        if not re.fullmatch("[A-Z]{2}", region):
            raise InvalidArgument(
                f"{where}: {region!r} is no region", hint="regions are codes such as US, GB or DE"
            )

    def find(text: str, clock: Clock) -> list[Span]:
        # The libraries take a while to load, which is done here, in the thread of the search.
        from bridges._guardrails.pii import find_types

        return find_types(text, clock, types, regions)

    return find


def _secrets(_options: Mapping[str, Any], _where: str) -> Finder:
    def find(text: str, clock: Clock) -> list[Span]:
        from bridges._guardrails.secrets import find_secrets

        return find_secrets(text, clock)

    return find


_ON_TEXTS = ("regex", "words", "pii", "secrets")
_Kind = tuple[tuple[str, ...], tuple[str, ...], Callable[[Mapping[str, Any], str], Any]]
_KINDS: dict[str, _Kind] = {
    "regex": (("pattern", "ignore_case", "required"), ("pattern",), _pattern),
    "words": (("words",), ("words",), _words),
    "pii": (("types", "regions"), (), _pii),
    "secrets": ((), (), _secrets),
    "schema": (("schema",), ("schema",), by_schema),
    "length": (("unit", "min", "max"), (), by_length),
    "topic": (("allowed", "denied", "model"), (), by_topic),
    "run": (("run",), ("run",), by_function),
}
"""The kinds of rules: the options of each, those it must have, and what makes it."""
