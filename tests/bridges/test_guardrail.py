"""What guardrails find and take out, whatever is put in front of them, and in bounded time."""

from __future__ import annotations

import json
import string
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridges._errors import BudgetExceeded, GuardrailBlocked, InvalidArgument, ScriptError
from bridges._events.bus import Bus
from bridges._guardrails import scan as scanning
from bridges._guardrails.rules import rule_of, spec_of
from bridges._guardrails.scan import Scan
from bridges._guardrails.spec import Clock, Undecided
from bridges._session import Session
from bridges._types import Text
from tests.door import call, fails, finish, gives, wait_for
from tests.sessions import make_session

KEY = "AKIAIOSFODNN7EXAMPLE"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return make_session(tmp_path)


def scan(kind: str, value: Any, action: str = "redact", **options: Any) -> Scan:
    """Looks at a value with one rule."""
    rule = rule_of(kind, options, "test")
    return Scan(spec_of({"action": action}, [rule], kind, "test")).run(value)


def left(kind: str, value: Any, **options: Any) -> Any:
    return scan(kind, value, **options).value


def check(session: Session, guardrail: Any, value: Any, **place: Any) -> Any:
    return finish(session, wait_for(session, "Guardrail:check", guardrail, value, place or None))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mail Alice.O'Neil+x@mail.example.co.uk now", "mail [EMAIL] now"),
        ("user@münchen.de", "[EMAIL]"),
        ("ａlice＠example．com", "[EMAIL]"),
        ("ali\u200bce@exam\u00adple.com", "[EMAIL]"),
        ("a@b", "a@b"),
        ("call +44 20 7946 0958 today", "call [PHONE] today"),
        ("(212) 555-2368", "[PHONE]"),
        ("order 1700000000", "order 1700000000"),
        ("4111-1111-1111-1111", "[CREDIT_CARD]"),
        ("1 4111 1111 1111 1111 9", "1 [CREDIT_CARD] 9"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("3782 822463 10005", "[CREDIT_CARD]"),
        ("pay DE89370400440532013000 now", "pay [IBAN] now"),
        ("GB00 DE89 3704 0044 0532 0130 00", "GB00 [IBAN]"),
        ("DE88370400440532013000", "DE88370400440532013000"),
        ("from 192.168.0.1.", "from [IP]."),
        ("2001:db8::8a2e:370:7334", "[IP]"),
        ("at 12:30:45, version 1.2.3", "at 12:30:45, version 1.2.3"),
        ("ssn 536-90-4399", "ssn [SSN]"),
        ("ssn 000-12-3456", "ssn 000-12-3456"),
    ],
)
def test_personal_data_is_found_and_what_only_looks_like_it_is_not(text: str, shown: str) -> None:
    assert left("pii", text) == shown


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "sk-ant-api03-" + "aB3" * 20,
        "xoxb-123456789012-abcdefABCDEF",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXBhcnQ",
        "password = 'hunter2hunter2'",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNza\nc2hh\n-----END OPENSSH PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow never ends",
    ],
)
def test_secrets_are_taken_out_whole(secret: str) -> None:
    shown = left("secrets", f"before {secret}")
    assert shown.startswith("before ")
    assert not any(part in shown for part in secret.split() if len(part) > 8), shown


def test_all_texts_of_a_value_are_looked_at_keys_and_numbers_too() -> None:
    value = {
        "a@example.com": 1,
        "b@example.com": [{"n": 4111111111111111}, Text("T", {"text": "c@d.org"})],
    }
    found = scan("pii", value)
    assert found.value == {"[EMAIL]": 1, "[EMAIL] 2": [{"n": "[CREDIT_CARD]"}, "[EMAIL]"]}
    assert [one.path for one in found.violations] == ["?", "?", "?[1].n", "?[2]"]
    assert scan("pii", {"n": 5, "b": True, "x": None, "f": 1.5}).value == {
        "n": 5, "b": True, "x": None, "f": 1.5,
    }  # fmt: skip


def test_paths_show_no_key_that_may_hold_anything() -> None:
    found = scan("words", {"to Bob": {"ok": "bad"}}, words=["bad"])
    assert found.violations[0].path == "?.ok"


def test_words_are_whole_and_in_any_form() -> None:
    def ok(text: str) -> bool:
        return scan("words", text, words=["café", "c++", "new york"]).count == 0

    assert not ok("CAFÉ") and not ok("cafe\u0301") and not ok("c++!") and not ok("New\n York")
    assert ok("cafés") and ok("cafe") and ok("newyork")
    assert ok("саfé"), "look-alikes of other alphabets are other words, as the docs say"


def test_what_overlaps_is_replaced_once() -> None:
    assert left("regex", "abcabc", pattern="abc|bca") == "[REDACTED][REDACTED]"
    rules = [rule_of("regex", {"pattern": p}, "t") for p in ("bcd", "abc", "e")]
    shown = Scan(spec_of({"action": "redact"}, rules, "x", "t")).run("-abcde-").value
    assert shown == "-[REDACTED][REDACTED]-"


def test_what_redaction_brings_together_is_found_again() -> None:
    assert scan("regex", "seXXcret", pattern="XX|secret").value != "secret"
    assert left("regex", "foo", pattern="[a-zA-Z]") == "[][][]"
    found = scan("regex", "foo", pattern=".")
    assert (found.value, found.stuck) == ("", False)
    found = scan("regex", "foo", pattern="")
    assert (found.value, found.stuck) == ("", True)
    assert left("words", "mail [EMAIL]", words=["redacted", "email", "mail"]).split() != ["mail"]


MIX = st.lists(
    st.sampled_from(
        ["joe@example.com", "4111 1111 1111 1111", KEY, "ghp_" + "a1" * 18, "falcon", "FALCON", " ",
         "\u200b", "@", "-", "x", "10.0.0.1", "é", "1", "[EMAIL]", "+1 212 555 2368", "\n"]
    ),
    max_size=12,
).map("".join)  # fmt: skip
TEXTS = st.one_of(MIX, st.text(max_size=40), st.text(string.printable, max_size=60))
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(-(2**53), 2**53), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
RULES: list[tuple[str, dict[str, Any]]] = [
    ("pii", {}),
    ("secrets", {}),
    ("words", {"words": ["falcon", "email", "x"]}),
    ("regex", {"pattern": "[0-9@]+|(?i:e)"}),
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, st.lists(st.sampled_from(RULES), min_size=1, max_size=4))
def test_redaction_never_leaves_a_match(
    value: Any, kinds: list[tuple[str, dict[str, Any]]]
) -> None:
    rules = [rule_of(kind, options, "t") for kind, options in kinds]
    spec = spec_of({"action": "redact"}, rules, "x", "t")
    first = Scan(spec).run(value)
    if not first.stuck:
        assert Scan(spec).run(first.value).count == 0, first.value


def test_keys_that_are_redacted_alike_both_stay_and_nothing_of_them_is_found() -> None:
    value = {"a1": "x", "a2": "y", "a3": "z"}
    found = scan("regex", value, pattern="[0-9]")
    assert not found.stuck and sorted(found.value.values()) == ["x", "y", "z"]
    assert scan("regex", found.value, pattern="[0-9]").count == 0
    assert scan("regex", value, pattern="[0-9_]").stuck


def test_no_violation_holds_what_it_is_about(session: Session) -> None:
    hidden = [KEY, "joe@example.com", "falcon", "sesame"]
    form = {"type": "object", "properties": {"q": {"enum": ["a"]}}}
    every = [
        call(session, "Guardrail.secrets"),
        call(session, "Guardrail.pii"),
        call(session, "Guardrail.words", {"words": ["falcon"]}),
        call(session, "Guardrail.regex", {"pattern": "ses.me"}),
        call(session, "Guardrail.schema", {"schema": form}),
    ]
    errors: list[Any] = []

    async def run() -> None:
        for guardrail in every:
            try:
                await wait_for(session, "Guardrail:enforce", guardrail, {"q": " ".join(hidden)})
            except GuardrailBlocked as error:
                errors.append([error.message, error.hint, error.details])

    finish(session, run())
    assert len(errors) == len(every)
    events = [one for one in session.shared(Bus).history() if one["name"] == "guardrail.violated"]
    assert len(events) == len(every)
    said = json.dumps([errors, events, session.lines], default=repr)  # type: ignore[attr-defined]
    assert not [secret for secret in hidden if secret in said]


def test_every_violation_is_an_event_and_a_warning(session: Session) -> None:
    guardrail = call(session, "Guardrail.words", {"words": ["no"], "action": "warn", "name": "n"})
    report = check(session, guardrail, "say no", where="input")
    assert report["ok"] and report["action"] == "warn" and report["value"] == "say no"
    (event,) = [e for e in session.shared(Bus).history() if e["name"] == "guardrail.violated"]
    assert event["data"]["name"] == "n" and event["data"]["action"] == "warn"
    assert event["data"]["where"] == "input" and event["data"]["violations"][0]["start"] == 5
    warned = [line for line in session.lines if line[0] == "warn"]  # type: ignore[attr-defined]
    assert len(warned) == 1 and warned[0][2]["guardrail"] == "n"


def test_ten_megabytes_and_endless_patterns_come_to_an_end_and_block(session: Session) -> None:
    big = "word " * 2_000_000
    for guardrail in (call(session, "Guardrail.pii"), call(session, "Guardrail.secrets")):
        report = check(session, guardrail, big)
        assert not report["ok"] and "4,000,000" in report["violations"][0]["message"]
    slow = rule_of("regex", {"pattern": r"a*b|a"}, "t")
    with pytest.raises(Undecided):
        slow.find("a" * 1_000_000, Clock(0.2))  # type: ignore[union-attr]
    large = rule_of("regex", {"pattern": "(?:a?){900}(?:a?){900}b"}, "t")
    with pytest.raises(Undecided, match="too large for a text of 1,000,000 characters"):
        large.find("a" * 1_000_000, Clock())  # type: ignore[union-attr]
    lax = call(session, "Guardrail.pii", {"on_failure": "warn"})
    assert check(session, lax, big)["action"] == "warn"


def test_many_matches_are_bounded() -> None:
    found = scan("regex", "a" * 1_000_000, action="block", pattern="a")
    assert found.count == 1 and found.violations[0].length == 1_000_000
    assert len(scan("words", ["x"] * 500, words=["x"]).violations) == scanning.MAX_VIOLATIONS


def test_the_search_is_not_in_the_loop(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    real = Scan.run

    def run(self: Scan, value: Any) -> Scan:
        seen.append(threading.current_thread().name)
        return real(self, value)

    monkeypatch.setattr(Scan, "run", run)
    check(session, call(session, "Guardrail.pii"), "x")
    assert seen and seen != [threading.main_thread().name]


def test_a_function_that_ends_the_run_ends_it(session: Session) -> None:
    guardrail = call(session, "Guardrail.custom", {"run": fails(BudgetExceeded("no money"))})
    with pytest.raises(BudgetExceeded):
        check(session, guardrail, "x")


@pytest.mark.parametrize("answer", [None, "yes", 1, {}, {"ok": "yes"}, {"ok": True, "more": 1}, []])
def test_a_function_that_says_neither_yes_nor_no_blocks(session: Session, answer: Any) -> None:
    guardrail = call(session, "Guardrail.custom", {"run": gives(answer)})
    report = check(session, guardrail, "x")
    assert not report["ok"] and "must return" in report["violations"][0]["message"]


def test_what_a_function_fails_with_is_not_repeated(session: Session) -> None:
    guardrail = call(session, "Guardrail.custom", {"run": fails(ScriptError(f"saw {KEY}"))})
    assert KEY not in str(check(session, guardrail, KEY))


def test_what_a_function_gives_instead_is_looked_at_too(session: Session) -> None:
    rules = [{"kind": "secrets"}, {"kind": "run", "run": gives({"ok": True, "value": KEY})}]
    redacting = call(session, "Guardrail.new", {"rules": rules, "action": "redact"})
    assert check(session, redacting, "x")["value"] == "[SECRET]"
    blocking = call(session, "Guardrail.new", {"rules": rules})
    assert "value" not in check(session, blocking, "x")


def test_one_that_blocks_asks_no_function_and_no_model(session: Session) -> None:
    run = gives(True)
    rules = [{"kind": "run", "run": run}, {"kind": "words", "words": ["no"]}]
    check(session, call(session, "Guardrail.new", {"rules": rules}), "no")
    assert run.calls == []


def test_functions_and_objects_are_no_values(session: Session) -> None:
    with pytest.raises(InvalidArgument):
        check(session, call(session, "Guardrail.pii"), {"f": gives(1)})
    with pytest.raises(InvalidArgument):
        check(session, call(session, "Guardrail.pii"), b"\xff")


def test_an_unknown_region_is_named_when_it_is_needed(session: Session) -> None:
    guardrail = call(session, "Guardrail.pii", {"regions": ["XX"]})
    with pytest.raises(InvalidArgument, match="XX"):
        check(session, guardrail, "x")


def test_call_looks_at_what_goes_in_and_what_comes_out(session: Session) -> None:
    guardrail = call(session, "Guardrail.words", {"words": ["no"]})
    run = gives("oh no")
    for said, times in (("no", 0), ("yes", 1)):
        with pytest.raises(GuardrailBlocked):
            finish(session, wait_for(session, "Guardrail:call", guardrail, run, said))
        assert len(run.calls) == times
