"""Rules for a value as a whole: its form, its length, and what a function of the spell says."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bridges._errors import InvalidArgument, LimitExceeded, SpellError
from bridges._guardrails.spec import Judge, Objection, Opinion, Undecided
from bridges._schema import fit, problems, to_json_schema
from bridges._tools import ENDS_RUN, as_text
from bridges._types import Text

if TYPE_CHECKING:
    from bridges._session import Session

TOKEN = 4
"""Characters that count as one token; tokenizers differ, and none is asked."""
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,29}")


def by_schema(options: Mapping[str, Any], where: str) -> Judge:
    """Returns a rule that the value, or the JSON in a text, fits a schema."""
    schema = to_json_schema(options["schema"], f"{where}: schema", all_required=True)

    async def judge(_session: Session, value: Any, _where: str, _about: dict[str, str]) -> Opinion:
        return await asyncio.to_thread(_fits, schema, value)

    return judge


def _fits(schema: dict[str, Any], value: Any) -> Opinion:
    if isinstance(value, Text):
        value = value.text
    if isinstance(value, str) and schema.get("type") != "string":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return Opinion((Objection("is not JSON", advice="answer with JSON only"),))
    from bridges._validation import faults

    value = fit(schema, value)
    try:
        found = faults(schema, value)
        advice = "; ".join(problems(schema, value))
    except LimitExceeded as error:
        raise Undecided(error.message) from None
    said = [
        Objection(f"does not fit the schema ({keyword})", _path(path), advice)
        for path, keyword in found
    ]
    return Opinion(tuple(said))


def _path(parts: list[str | int]) -> str:
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part + 1}]"
        else:
            path += "." + (part if _PLAIN_KEY.fullmatch(part) else "?")
    return path.lstrip(".")


def by_length(options: Mapping[str, Any], where: str) -> Judge:
    """Returns a rule for the length of the text, or of the JSON of other data."""
    unit = options.get("unit", "characters")
    least, most = options.get("min"), options.get("max")
    if least is None and most is None:
        raise InvalidArgument(f"{where}: neither min nor max is there")
    if (least or 0) < 0 or (most is not None and most < (least or 0)):
        raise InvalidArgument(f"{where}: min must be at least 0, and max at least min")

    async def judge(_session: Session, value: Any, _where: str, _about: dict[str, str]) -> Opinion:
        size = _size(as_text(value), unit)
        if least is not None and size < least:
            said = f"has {size} {unit}, and {least} is the least"
        elif most is not None and size > most:
            said = f"has {size} {unit}, and {most} is the most"
        else:
            return Opinion()
        return Opinion((Objection(said),))

    return judge


def _size(text: str, unit: str) -> int:
    if unit == "words":
        return len(text.split())
    return len(text) if unit == "characters" else -(-len(text) // TOKEN)


def by_function(options: Mapping[str, Any], _where: str) -> Judge:
    """Returns a rule that a function of the spell decides."""
    run = options["run"]

    async def judge(_session: Session, value: Any, where: str, about: dict[str, str]) -> Opinion:
        try:
            found = await run(value, {"where": where, **about})
        except ENDS_RUN:
            raise
        except SpellError as error:
            # Its message may quote the value.
            at = f" at {error.place}" if error.place else ""
            raise Undecided(f"the function failed with {error.code}{at}") from None
        return _opinion(found)

    return judge


def _opinion(found: Any) -> Opinion:
    if isinstance(found, bool):
        found = {"ok": found}
    ok = found.get("ok") if isinstance(found, dict) else None
    if not isinstance(ok, bool) or set(found) - {"ok", "reason", "value"}:
        raise Undecided("the function must return true, false or a map of ok, reason and value")
    reason = found.get("reason")
    said = reason if isinstance(reason, str) and reason else "is refused"
    objections = () if ok else (Objection(said[:1000]),)
    value = found.get("value")
    return Opinion(objections, value is not None, value)
