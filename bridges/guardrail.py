"""Guardrails: what may go into a model and its tools, and what may come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bridges._declare import NOTHING, Bridge, host_function
from bridges._errors import InvalidArgument
from bridges._guardrails.handle import PLACES, GuardrailHandle, Outcome
from bridges._guardrails.options import (
    GuardrailCustomOptions,
    GuardrailInfo,
    GuardrailLengthOptions,
    GuardrailOptions,
    GuardrailPiiOptions,
    GuardrailPlace,
    GuardrailRegexOptions,
    GuardrailReport,
    GuardrailSchemaOptions,
    GuardrailSecretsOptions,
    GuardrailTopicOptions,
    GuardrailWordsOptions,
)
from bridges._guardrails.rules import SETTINGS, rule_of, spec_of
from bridges._guardrails.spec import GuardrailSpec
from bridges._types import Callback

if TYPE_CHECKING:
    from bridges._session import Session


class GuardrailObject(GuardrailHandle):
    """Rules for what goes in and comes out, and what happens when one is violated."""

    name = "Guardrail"

    def __init__(self, session: Session, specs: tuple[GuardrailSpec, ...]) -> None:
        self._session = session
        self.specs = specs

    @host_function(needs=NOTHING, since=2)
    async def check(  # type: ignore[override]
        self, value: Any, options: GuardrailPlace | None = None
    ) -> GuardrailReport:
        """Looks at a value and reports; a violation is no error.

        value: Text, or data whose texts are all looked at
        options: What the value is
        returns: Whether it may be used, the value to use, and what was found
        """
        outcome = await self._judged(value, options)
        found: GuardrailReport = {
            "ok": outcome.ok,
            "action": outcome.action,
            "violations": [v.as_map() for v in outcome.violations],  # type: ignore[misc]
        }
        if outcome.ok:
            found["value"] = outcome.value
        return found

    @host_function(needs=NOTHING, since=2)
    async def enforce(self, value: Any, options: GuardrailPlace | None = None) -> Any:
        """Looks at a value and returns the one to use.

        value: Text, or data whose texts are all looked at
        options: What the value is
        returns: The value, redacted where needed; one that may not be used is an error with code
            guardrail_blocked
        """
        outcome = await self._judged(value, options)
        if not outcome.ok:
            raise outcome.error((options or {}).get("where", "value"))
        return outcome.value

    @host_function(needs=NOTHING, since=2)
    async def call(self, fn: Callback, input: Any = None) -> Any:
        """Calls a function between two looks: at what it is given and at what it returns.

        fn: Takes the input as far as it may be used
        input: What it is called with
        returns: What it returned, redacted where needed
        """
        given = await self.enforce(input, {"where": "input"})
        return await self.enforce(await fn(given), {"where": "output"})

    @host_function(needs=NOTHING, since=2)
    def info(self) -> list[GuardrailInfo]:
        """Returns what the guardrail is.

        returns: One map, or one for each guardrail that `Guardrail.all` put together
        """
        return [
            {
                "name": spec.name,
                "on": [place for place in PLACES if place in spec.on],
                "action": spec.action,
                "retries": spec.retries,
                "on_failure": spec.on_failure,
                "rules": [{"name": rule.name, "kind": rule.kind} for rule in spec.rules],
            }
            for spec in self.specs
        ]

    async def _judged(self, value: Any, options: GuardrailPlace | None) -> Outcome:
        where = (options or {}).get("where")
        if where is not None:
            return await self.judge(self._session, value, where)
        from bridges._guardrails.judging import judge

        return await judge(self._session, self.specs, value, "value", {})


class Guardrail(Bridge):
    """Makes guardrails, which agents are given as `guardrails` and functions are called through."""

    @host_function(needs=NOTHING, since=2)
    def new(self, options: GuardrailOptions) -> GuardrailObject:
        """Makes a guardrail of rules.

        options: What the guardrail is
        returns: The guardrail
        """
        where = "Guardrail.new"
        rules = [
            rule_of(rule["kind"], rule, f"{where}: rules[{i}]")
            for i, rule in enumerate(options["rules"], 1)
        ]
        return GuardrailObject(self.session, (spec_of(options, rules, "guardrail", where),))

    @host_function(needs=NOTHING, since=2)
    def regex(self, options: GuardrailRegexOptions) -> GuardrailObject:
        """Makes a guardrail that looks for a regular expression.

        options: The pattern, and the guardrail's settings
        returns: The guardrail
        """
        return self._one("regex", options)

    @host_function(needs=NOTHING, since=2)
    def words(self, options: GuardrailWordsOptions) -> GuardrailObject:
        """Makes a guardrail that looks for words.

        options: The words, and the guardrail's settings
        returns: The guardrail
        """
        return self._one("words", options)

    @host_function(needs=NOTHING, since=2)
    def pii(self, options: GuardrailPiiOptions | None = None) -> GuardrailObject:
        """Makes a guardrail that looks for what tells who somebody is.

        options: What to look for, and the guardrail's settings
        returns: The guardrail
        """
        return self._one("pii", options or {})

    @host_function(needs=NOTHING, since=2)
    def secrets(self, options: GuardrailSecretsOptions | None = None) -> GuardrailObject:
        """Makes a guardrail that looks for keys, tokens and passwords.

        options: The guardrail's settings
        returns: The guardrail
        """
        return self._one("secrets", options or {})

    @host_function(needs=NOTHING, since=2)
    def schema(self, options: GuardrailSchemaOptions) -> GuardrailObject:
        """Makes a guardrail for the form of data.

        options: The schema, and the guardrail's settings
        returns: The guardrail
        """
        return self._one("schema", options)

    @host_function(needs=NOTHING, since=2)
    def length(self, options: GuardrailLengthOptions) -> GuardrailObject:
        """Makes a guardrail for how long a text is.

        options: The least and the most, and the guardrail's settings
        returns: The guardrail
        """
        return self._one("length", options)

    @host_function(needs=NOTHING, since=2)
    def topic(self, options: GuardrailTopicOptions) -> GuardrailObject:
        """Makes a guardrail for what a text is about; a model judges.

        options: The topics, and the guardrail's settings
        returns: The guardrail
        """
        return self._one("topic", options)

    @host_function(needs=NOTHING, since=2)
    def custom(self, options: GuardrailCustomOptions) -> GuardrailObject:
        """Makes a guardrail that a function decides.

        options: The function, and the guardrail's settings
        returns: The guardrail
        """
        return self._one("run", options)

    @host_function(needs=NOTHING, since=2)
    def all(self, guardrails: list[GuardrailObject]) -> GuardrailObject:
        """Makes one guardrail of several, which look one after the other.

        guardrails: The guardrails; each gets what the one before left
        returns: The guardrail
        """
        specs = tuple(spec for one in guardrails for spec in one.specs)
        if not specs:
            raise InvalidArgument("Guardrail.all: there is no guardrail in the list")
        return GuardrailObject(self.session, specs)

    def _one(self, kind: str, options: Mapping[str, Any]) -> GuardrailObject:
        name = "custom" if kind == "run" else kind
        where = f"Guardrail.{name}"
        own = {key: value for key, value in options.items() if key not in SETTINGS}
        rule = rule_of(kind, {**own, "name": name}, where)
        return GuardrailObject(self.session, (spec_of(options, [rule], name, where),))
