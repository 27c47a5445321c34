"""What the functions of the noun Guardrail take and give."""

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict

from bridges._docs import documented_like
from bridges._types import Callback

Where = Literal["input", "output", "tool_input", "tool_output"]
PiiType = Literal["email", "phone", "credit_card", "iban", "ip", "ssn"]
Unit = Literal["characters", "words", "tokens"]


class GuardrailSettings(TypedDict, total=False):
    """What every guardrail may be told.

    name: What errors, events and logs call it; the kind of its rule unless set
    on: What it looks at in an agent; input and output unless set
    action: What happens on a violation; block unless set. `redact` replaces what was found, `warn`
        goes on, `retry` has a model try again
    retries: How often a model may try again; 2 unless set
    on_failure: What happens when a rule cannot decide; block unless set
    replacement: What stands for redacted text; such as `[EMAIL]` unless set
    """

    name: str
    on: list[Where]
    action: Literal["block", "redact", "warn", "retry"]
    retries: int
    on_failure: Literal["block", "warn"]
    replacement: str


class GuardrailRule(TypedDict, total=False):
    """One rule; which options it has depends on its kind.

    kind: What kind of rule it is
    name: What violations call it; the kind unless set
    pattern: Of `regex`: a regular expression that must not be found in any text
    ignore_case: Of `regex`: whether the case of letters does not matter
    required: Of `regex`: whether it must be found instead
    words: Of `words`: words and phrases that must not be found, whatever their case
    types: Of `pii`: what to look for; everything unless set
    regions: Of `pii`: where phone numbers without a country code are dialled; US unless set
    schema: Of `schema`: JSON Schema of the value or of the JSON in a text, or the short form
    unit: Of `length`: what is counted; characters unless set. A token counts as four characters
    min: Of `length`: the least
    max: Of `length`: the most
    allowed: Of `topic`: what the text must be about, one of these at least
    denied: Of `topic`: what the text must not be about
    model: Of `topic`: the model that judges; the default model unless set
    run: Of `run`: takes the value and a map with `where`; returns true, false, or a map with `ok`,
        `reason` and `value`
    """

    kind: Required[Literal["regex", "words", "pii", "secrets", "schema", "length", "topic", "run"]]
    name: str
    pattern: str
    ignore_case: bool
    required: bool
    words: list[str]
    types: list[PiiType]
    regions: list[str]
    schema: dict[str, Any]
    unit: Unit
    min: int
    max: int
    allowed: list[str]
    denied: list[str]
    model: str
    run: Callback


@documented_like(GuardrailSettings)
class GuardrailOptions(GuardrailSettings, total=False):
    """What a guardrail is.

    rules: What it objects to
    """

    rules: Required[list[GuardrailRule]]


@documented_like(GuardrailSettings)
class GuardrailRegexOptions(GuardrailSettings, total=False):
    """A guardrail with a regular expression.

    pattern: What must not be found in any text
    ignore_case: Whether the case of letters does not matter
    required: Whether it must be found instead
    """

    pattern: Required[str]
    ignore_case: bool
    required: bool


@documented_like(GuardrailSettings)
class GuardrailWordsOptions(GuardrailSettings, total=False):
    """A guardrail with a list of words.

    words: Words and phrases that must not be found, whatever their case
    """

    words: Required[list[str]]


@documented_like(GuardrailSettings)
class GuardrailPiiOptions(GuardrailSettings, total=False):
    """A guardrail for personal data.

    types: What to look for; everything unless set
    regions: Where phone numbers without a country code are dialled, such as US, GB or DE; US
        unless set
    """

    types: list[PiiType]
    regions: list[str]


@documented_like(GuardrailSettings)
class GuardrailSecretsOptions(GuardrailSettings, total=False):
    """A guardrail for keys, tokens and passwords."""


@documented_like(GuardrailSettings)
class GuardrailSchemaOptions(GuardrailSettings, total=False):
    """A guardrail for the form of data.

    schema: JSON Schema of the value or of the JSON in a text, or the short form
    """

    schema: Required[dict[str, Any]]


@documented_like(GuardrailSettings)
class GuardrailLengthOptions(GuardrailSettings, total=False):
    """A guardrail for the length of a text, or of the JSON of other data.

    unit: What is counted; characters unless set. A token counts as four characters
    min: The least
    max: The most
    """

    unit: Unit
    min: int
    max: int


@documented_like(GuardrailSettings)
class GuardrailTopicOptions(GuardrailSettings, total=False):
    """A guardrail for what a text is about, which a model judges.

    allowed: What it must be about, one of these at least
    denied: What it must not be about
    model: The model that judges; the default model unless set
    """

    allowed: list[str]
    denied: list[str]
    model: str


@documented_like(GuardrailSettings)
class GuardrailCustomOptions(GuardrailSettings, total=False):
    """A guardrail that a function decides.

    run: Takes the value and a map with `where`; returns true, false, or a map with `ok`, `reason`
        and `value`, which is used instead
    """

    run: Required[Callback]


class GuardrailPlace(TypedDict, total=False):
    """What a value is.

    where: What the guardrail takes it for; it looks only at what it is for. Unless set, it looks
        whatever it is for
    """

    where: Where


class GuardrailViolation(TypedDict, total=False):
    """What a rule objects to.

    guardrail: The guardrail
    rule: The rule's name
    kind: The rule's kind
    message: What is wrong, without the text it is about
    path: Where in a map or list; keys that may hold anything are `?`
    start: Of a place in a text: its first character, counted from 1
    length: Of a place in a text: how many characters
    """

    guardrail: Required[str]
    rule: Required[str]
    kind: Required[str]
    message: Required[str]
    path: str
    start: int
    length: int


class GuardrailReport(TypedDict, total=False):
    """What comes of a check.

    ok: Whether the value may be used
    action: What is done: pass, warn, redact, retry or block
    value: The value to use, redacted where needed; absent when it may not be used
    violations: What was found, 100 at most
    """

    ok: Required[bool]
    action: Required[str]
    value: Any
    violations: Required[list[GuardrailViolation]]


class GuardrailRuleInfo(TypedDict):
    """A rule.

    name: Its name
    kind: Its kind
    """

    name: str
    kind: str


class GuardrailInfo(TypedDict):
    """A guardrail, or one of those it is made of.

    name: Its name
    on: What it looks at
    action: What happens on a violation
    retries: How often a model may try again
    on_failure: What happens when a rule cannot decide
    rules: Its rules
    """

    name: str
    on: list[str]
    action: str
    retries: int
    on_failure: str
    rules: list[GuardrailRuleInfo]
