"""Finds what tells who somebody is: the only importer of phonenumbers and stdnum.

Candidates are cut out of the text by patterns that cannot run away; whether one is a phone number,
a card or an account is for the libraries to say, which know plans, lengths and check digits.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import phonenumbers
import regex
from stdnum import iban, luhn
from stdnum.us import ssn

from bridges._errors import InvalidArgument
from bridges._guardrails.patterns import bounded, matches
from bridges._guardrails.seen import Seen
from bridges._guardrails.spec import Clock, Span

_WINDOW = 1_000
_OVERLAP = 60
_LOCAL = 256

_DOMAIN = regex.compile(r"@(?:[\w-]{1,63}\.){1,10}[\p{L}\p{M}\d-]{2,63}", regex.V0)
_NOT_LOCAL = regex.compile(r"[^\w.!#$%&'*+/=?^`{|}~-]", regex.V0)
_DIGITS = regex.compile(r"[+(]?\d[\d\s()./\-\u2010-\u2015]{5,}\d", regex.V0)
_CARD = regex.compile(r"(?<!\d)\d(?:[ -]?\d){11,18}(?!\d)", regex.V0)
_SCHEMES = regex.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
    r"|35\d{14}|6\d{15,18}|5[06-8]\d{10,17}"
)
_IBAN = regex.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}", regex.I | regex.V0)
_IPV4 = regex.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)", regex.V0)
_IPV6 = regex.compile(
    r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])",
    regex.I | regex.V0,
)
_SSN = regex.compile(r"(?<![\d-])\d{3}([- ])\d{2}\1\d{4}(?![\d-])", regex.V0)

Places = Iterator[tuple[int, int]]


def find_types(text: str, clock: Clock, types: Sequence[str], regions: Sequence[str]) -> list[Span]:
    """Finds personal data of some types.

    regions: where phone numbers without a country code are dialled, as ISO 3166 codes
    """
    for region in regions:
        if region not in phonenumbers.SUPPORTED_REGIONS:
            raise InvalidArgument(f"{region!r} is no region that has phone numbers")
    seen = Seen(text, clock)

    def spans() -> Iterator[Span]:
        for name in types:
            label, message, finder = FINDERS[name]
            for start, end in finder(seen.text, clock, regions):
                yield Span(*seen.span(start, end), label, message)

    return bounded(spans(), text)


def _emails(text: str, clock: Clock, _regions: Sequence[str]) -> Places:
    for match in matches(_DOMAIN, text, clock):
        before = text[max(0, match.start() - _LOCAL) : match.start()]
        stops = [stop.end() for stop in _NOT_LOCAL.finditer(before)]
        local = before[stops[-1] :] if stops else before
        if local:
            yield match.start() - len(local), match.end()


def _phones(text: str, clock: Clock, regions: Sequence[str]) -> Places:
    for run in matches(_DIGITS, text, clock):
        for start in range(run.start(), run.end(), _WINDOW - _OVERLAP):
            clock.left()
            # Letters around a number decide whether it is one; digits are cut at most once.
            first = max(0, start - 2)
            window = text[first : min(start + _WINDOW, run.end()) + 2]
            for region in regions:
                for found in phonenumbers.PhoneNumberMatcher(window, region):
                    yield first + found.start, first + found.end


def _cards(text: str, clock: Clock, _regions: Sequence[str]) -> Places:
    for match in matches(_CARD, text, clock, overlapped=True):
        end = _longest(match.group(), clock, 12, _is_card)
        if end:
            yield match.start(), match.start() + end


def _is_card(candidate: str) -> bool:
    digits = "".join(c for c in candidate if c.isdecimal())
    return _SCHEMES.fullmatch(digits) is not None and bool(luhn.is_valid(digits))


def _ibans(text: str, clock: Clock, _regions: Sequence[str]) -> Places:
    for match in matches(_IBAN, text, clock, overlapped=True):
        end = _longest(match.group(), clock, 15, _is_iban)
        if end:
            yield match.start(), match.start() + end


def _is_iban(candidate: str) -> bool:
    return bool(iban.is_valid(candidate, check_country=False))


def _longest(candidate: str, clock: Clock, least: int, is_one: Callable[[str], bool]) -> int:
    """Returns how much of a candidate's beginning is one, whole groups of characters only."""
    clock.left()
    for end in range(len(candidate), least - 1, -1):
        cut = end < len(candidate) and candidate[end - 1].isalnum() and candidate[end].isalnum()
        if not cut and candidate[end - 1].isalnum() and is_one(candidate[:end]):
            return end
    return 0


def _addresses(text: str, clock: Clock, _regions: Sequence[str]) -> Places:
    for pattern in (_IPV4, _IPV6):
        for match in matches(pattern, text, clock):
            said = match.group()
            if any(c.isdecimal() for c in said) and _is_address(said):
                yield match.start(), match.end()


def _is_address(said: str) -> bool:
    try:
        ipaddress.ip_address(said)
    except ValueError:
        return False
    return True


def _security_numbers(text: str, clock: Clock, _regions: Sequence[str]) -> Places:
    for match in matches(_SSN, text, clock):
        if ssn.is_valid(match.group().replace(" ", "-")):
            yield match.start(), match.end()


FINDERS: dict[str, tuple[str, str, Any]] = {
    "email": ("EMAIL", "holds an e-mail address", _emails),
    "phone": ("PHONE", "holds a phone number", _phones),
    "credit_card": ("CREDIT_CARD", "holds a credit card number", _cards),
    "iban": ("IBAN", "holds a bank account number", _ibans),
    "ip": ("IP", "holds an IP address", _addresses),
    "ssn": ("SSN", "holds a US social security number", _security_numbers),
}
"""The types of personal data: what stands for one, what is said of it, and what finds it."""
