"""What a spell, a server or a file may not make of the host: each bound, on its own."""

from __future__ import annotations

import ipaddress
import time
from pathlib import Path

import pytest

from bridges._errors import InvalidArgument, LimitExceeded, from_map
from bridges._hosts import is_public
from bridges._net import Answer
from bridges._schema import problems, to_json_schema
from bridges._secrets import is_protected
from bridges.http import _record
from tests.doors import call
from tests.sessions import make_session


@pytest.mark.parametrize("encoding", ["punycode", "idna", "PunyCode", "no-such"])
def test_a_server_cannot_ask_for_an_encoding_that_takes_quadratic_time(encoding: str) -> None:
    answer = Answer(200, {}, b"baaa" * 200_000, encoding, "http://a/")
    began = time.process_time()
    found = _record(answer)
    assert found["text"] == "" and found["bytes"] == answer.content
    assert time.process_time() - began < 3


@pytest.mark.parametrize("address", ["fec0::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "::1"])
def test_addresses_of_ones_own_site_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


def test_a_logger_has_few_fields(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    many = {f"k{i}": 1 for i in range(101)}
    with pytest.raises(InvalidArgument):
        call(session, "Logger.with", many)
    half = call(session, "Logger.with", {f"a{i}": 1 for i in range(60)})
    with pytest.raises(InvalidArgument):
        call(session, "Logger:with", half, {f"b{i}": 1 for i in range(60)})


def test_an_error_that_a_worker_sends_is_of_bounded_size() -> None:
    frame = {"file": "f" * 10**6, "line": 1, "function": "g" * 10**6, "more": "x" * 10**6}
    sent = {"code": "spell_error", "message": "m" * 10**6, "hint": "h" * 10**6, "name": "n" * 10**6}
    error = from_map({**sent, "traceback": [frame] * 10_000})
    size = len(error.message) + len(error.hint) + len(str(error.traceback))
    assert size < 10**6
    assert "more" not in error.traceback[0]
    assert len(error.traceback) < 1000


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"items": {"enum": list(range(20_000))}}, [19_999] * 20_000),
        ({"allOf": [{"uniqueItems": True}] * 1000}, [["x" * 100, i] for i in range(5_000)]),
    ],
)
def test_a_check_that_compares_without_end_is_stopped(rule: object, value: object) -> None:
    properties = {"x": {"type": "array", **rule}}  # type: ignore[dict-item]
    schema = to_json_schema({"type": "object", "properties": properties}, "test")
    began = time.process_time()
    with pytest.raises(LimitExceeded):
        problems(schema, {"x": value})
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    "path",
    [
        "/home/a/.bashrc",
        "/home/a/.config/autostart/x.desktop",
        "/home/a/.local/bin/git",
        "/home/a/.local/share/llmspell/trust.json",
        "/home/a/project/.vscode/tasks.json",
    ],
)
def test_what_runs_on_its_own_is_protected(path: str) -> None:
    assert is_protected(path)
    assert not is_protected("/home/a/project/notes.txt")


def test_what_is_wrong_with_a_schema_is_said_in_few_words() -> None:
    with pytest.raises(InvalidArgument) as caught:
        to_json_schema({"type": "object", "required": ["b"] * 50_000}, "test")
    assert len(caught.value.message) < 1000
