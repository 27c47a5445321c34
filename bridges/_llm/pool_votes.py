"""What several models answer to the same question, made one answer."""

from __future__ import annotations

import json
import re
import string
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic_ai.direct import model_request
from pydantic_ai.messages import ModelRequest, ModelResponse
from pydantic_ai.usage import RequestUsage

from bridges._errors import ProviderFailed, ScriptError
from bridges._llm.costs import cost_of
from bridges._llm.history import arguments_of
from bridges._llm.named import answered_by
from bridges._marks import Marks

if TYPE_CHECKING:
    from bridges._llm.named import NamedModel
    from bridges._pools.specs import PoolSpec
    from bridges._types import Callback

MOST_SHOWN = 2_000
"""Characters of an answer in an error."""
QUESTION = """\
Several models were asked the same. Compare their answers and choose the best one: right, complete \
and clear. Reply with its number and nothing else.
"""


def quorum_of(spec: PoolSpec) -> int:
    """Returns how many answers have to agree; with a judge, how many there have to be."""
    if spec.quorum is not None:
        return spec.quorum
    return 1 if spec.judge is not None else spec.asked // 2 + 1


def leading(answers: list[ModelResponse]) -> list[ModelResponse]:
    """Returns the answers that most have given, the first of them first."""
    if not answers:
        return []
    keys = [_key(answer) for answer in answers]
    most = Counter(keys).most_common(1)[0][0]
    return [answer for answer, key in zip(answers, keys, strict=True) if key == most]


def _key(answer: ModelResponse) -> str:
    """Returns what is compared: neither case, spacing nor the last dot makes a difference."""
    calls = sorted(
        json.dumps([call.tool_name, arguments_of(call)], sort_keys=True)
        for call in answer.tool_calls
    )
    text = answer.text or ""
    try:
        said = json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        words = re.sub(r"\s+", " ", text).strip(string.punctuation + string.whitespace)
        said = words.casefold()
    return json.dumps([said, calls])


def chosen(spec: PoolSpec, answers: list[ModelResponse], model: NamedModel) -> ModelResponse:
    """Returns the answer on which enough agree; where there is none, ProviderFailed with all."""
    agreeing = leading(answers)
    quorum = quorum_of(spec)
    if len(agreeing) < quorum:
        raise ProviderFailed(
            f"the models of the pool {spec.name!r} do not agree: {len(agreeing)} of "
            f"{len(answers)} answers are the same, and {quorum} have to be",
            hint="lower quorum, ask more models, or set a judge",
            details={"answers": [_shown(answer, model) for answer in answers]},
        )
    return agreeing[0]


def _shown(answer: ModelResponse, model: NamedModel) -> dict[str, Any]:
    return {"model": answered_by(answer, model), "text": (answer.text or "")[:MOST_SHOWN]}


async def judged_by_function(
    judge: Callback, answers: list[ModelResponse], model: NamedModel
) -> ModelResponse:
    """Returns the answer that a function of the script chooses by its index."""
    shown = [
        {"index": place, "model": answered_by(answer, model), "text": answer.text or ""}
        for place, answer in enumerate(answers, 1)
    ]
    index = await judge(shown)
    if isinstance(index, float) and index.is_integer():
        index = int(index)
    if not isinstance(index, int) or isinstance(index, bool) or not 1 <= index <= len(answers):
        raise ScriptError(
            f"the judge of the pool gave {index!r}, which is the index of no answer",
            hint=f"return a number from 1 to {len(answers)}",
        )
    return answers[index - 1]


async def judged_by_model(
    judge: NamedModel, question: str, answers: list[ModelResponse]
) -> tuple[ModelResponse, ModelResponse]:
    """Returns the answer that a model chooses, and what the model said."""
    texts = [question, *map(_read, answers)]
    marks = Marks(texts)
    shown = [marks.around("The question", question)]
    shown += [marks.around(f"Answer {place}", text) for place, text in enumerate(texts[1:], 1)]
    said = "\n\n".join([QUESTION + marks.rule, *shown])
    verdict = await model_request(judge, [ModelRequest.user_text_prompt(said)])
    place = number_in(verdict.text or "")
    if not 1 <= place <= len(answers):
        raise ProviderFailed(
            f"{judge.ref.name}, the judge of the pool, chose no answer: "
            f"{(verdict.text or '')[:200]!r}"
        )
    return answers[place - 1], verdict


def _read(answer: ModelResponse) -> str:
    """Returns an answer as a judge reads it: text, and calls of tools."""
    calls = [f"calls {call.tool_name}({call.args_as_json_str()})" for call in answer.tool_calls]
    return "\n".join([*([answer.text] if answer.text else []), *calls])


def number_in(verdict: str) -> int:
    """Returns the number that a judge begins with, or the only one it names; 0 where unclear."""
    begins = re.match(r"\W*(?:answer\W*)?(\d{1,4})\b", verdict, re.IGNORECASE)
    named = {begins[1]} if begins else set(re.findall(r"\d+", verdict))
    return int(named.pop()) if len(named) == 1 else 0


def charged(answer: ModelResponse, every: list[ModelResponse]) -> ModelResponse:
    """Returns an answer that says what all of them have used."""
    usage = RequestUsage(
        input_tokens=sum(one.usage.input_tokens for one in every),
        output_tokens=sum(one.usage.output_tokens for one in every),
    )
    costs = [cost for cost in map(cost_of, every) if cost is not None]
    if costs:
        usage.cost = sum(costs[1:], costs[0])
    return replace(answer, usage=usage)
