"""What the local servers answer: the model's name in a request chooses the behaviour.

echo              "echo: " and the last text of the user
say-TEXT          TEXT, with _ for spaces
long-N            N words
tool              calls the first tool with sample arguments, then answers "the tool said: …"
tool-all          calls every tool at once, then answers
tool-bad          calls the first tool without arguments, then answers
loop              calls the first tool again and again
json              a sample of the schema that was asked for (so does every model given a schema)
json-bad-once     text that does not fit the schema, then a sample
json-bad          text that never fits the schema
length, filter    text cut off by the token limit; an answer the provider's filter stopped
error-401 …       fails with that status; also error-context, error-quota
limited-N         429 with Retry-After: 0 for the first N requests, then as echo
wait-S            429 with Retry-After: S, always
flaky-N           503 for the first N requests, then as echo
slow-S            S seconds before the first byte
drip-S            as echo, S seconds between words
stall-S           one word, then S seconds of silence
cut               the connection closes after the first word
drop              the connection closes without an answer
garbage           a web page instead of an answer
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

CONTEXT = (
    "This model's maximum context length is 8192 tokens, your messages resulted in 9000 tokens"
)


@dataclass(frozen=True)
class Tool:
    """A tool offered in a request."""

    name: str
    schema: dict[str, Any]


@dataclass
class Ask:
    """A request, the same whatever protocol it came in.

    text: the last text of the user; results: texts of the tool results it ends with
    schema: JSON Schema of the answer that is wanted; nth: how often this model was asked, from 1
    """

    model: str
    text: str = ""
    results: list[str] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    schema: dict[str, Any] | None = None
    stream: bool = False
    nth: int = 1

    def number(self) -> float:
        """Returns the number that ends the model's name."""
        return float(self.model.rpartition("-")[2])


@dataclass
class Reply:
    """An answer: text or tool calls (name, arguments), and why it ended."""

    text: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    finish: str = "stop"

    def words(self) -> list[str]:
        """Returns the text cut after its spaces, as streams carry it."""
        parts = self.text.split(" ")
        return [part + " " for part in parts[:-1]] + parts[-1:]


@dataclass(frozen=True)
class Failure:
    """A status other than 200."""

    status: int
    message: str
    code: str = ""
    retry_after: str | None = None


FAILURES = {
    "401": Failure(401, "Incorrect API key provided", "invalid_api_key"),
    "404": Failure(404, "The model does not exist", "model_not_found"),
    "429": Failure(429, "Rate limit reached", "rate_limit_exceeded"),
    "quota": Failure(429, "You exceeded your current quota", "insufficient_quota"),
    "context": Failure(400, CONTEXT, "context_length_exceeded"),
    "400": Failure(400, "temperature is out of range"),
}


def failure(ask: Ask) -> Failure | None:
    """Returns the failure a request meets, or None."""
    kind, _, rest = ask.model.partition("-")
    if kind == "error":
        known = FAILURES.get(rest)
        return known or Failure(int(rest), "the server had an error", "server_error")
    if kind == "limited" and ask.nth <= ask.number():
        return Failure(429, "Rate limit reached", "rate_limit_exceeded", "0")
    if kind == "wait":
        return Failure(429, "Rate limit reached", "rate_limit_exceeded", rest)
    if kind == "flaky" and ask.nth <= ask.number():
        return Failure(503, "the server is busy", "server_error")
    return None


def reply(ask: Ask) -> Reply:
    """Returns the answer to a request."""
    kind, _, rest = ask.model.partition("-")
    if ask.tools and (kind == "loop" or (kind == "tool" and not ask.results)):
        return _calls(ask, rest)
    if kind in ("length", "filter"):
        return Reply("cut off" if kind == "length" else "", finish=kind)
    answer_tool = next((t for t in ask.tools if t.name.startswith("final_result")), None)
    if answer_tool:
        wanted = _wanted(ask, kind, rest, answer_tool.schema)
        return Reply(calls=[(answer_tool.name, wanted)], finish="tools")
    if ask.schema or kind == "json":
        return Reply(json.dumps(_wanted(ask, kind, rest, ask.schema or {})))
    return Reply(_text(ask, kind, rest))


def _wanted(ask: Ask, kind: str, rest: str, schema: dict[str, Any]) -> Any:
    if kind == "json" and (rest == "bad" or (rest == "bad-once" and ask.nth == 1)):
        return {"unwanted": True}
    return sample(schema)


def _text(ask: Ask, kind: str, rest: str) -> str:
    if ask.results:
        return f"the tool said: {'; '.join(ask.results)}"
    if kind == "say":
        return rest.replace("_", " ")
    if kind == "long":
        return " ".join(["word"] * int(ask.number()))
    return f"echo: {ask.text}"


def _calls(ask: Ask, rest: str) -> Reply:
    wanted = [t for t in ask.tools if not t.name.startswith("final_result")] or ask.tools
    if rest != "all":
        wanted = wanted[:1]
    arguments = [{} if rest == "bad" else sample(t.schema) for t in wanted]
    return Reply(
        calls=[(t.name, a) for t, a in zip(wanted, arguments, strict=True)], finish="tools"
    )


def sample(schema: dict[str, Any]) -> Any:
    """Returns a value that fits a simple JSON Schema."""
    fixed = schema.get("enum") or [schema.get("const")]
    if fixed[0] is not None:
        return fixed[0]
    kind = str(schema.get("type")).lower()
    if kind == "object":
        return {name: sample(part) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema.get("items", {}))]
    plain = {"integer": schema.get("minimum", 3), "number": 1.5, "boolean": True}
    return plain.get(kind, "sample")
