from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges import _json
from bridges._errors import InvalidArgument
from tests.doors import call
from tests.sessions import make_session

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    for indent in (0, 2):
        assert _json.parse(_json.render(value, "x", indent), "x") == value


def test_through_the_door(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    assert call(session, "JSON.parse", '{"a": [1, null, 2.5]}') == {"a": [1, None, 2.5]}
    assert call(session, "JSON.stringify", {"b": 5.0, "a": "ü"}) == '{"a":"ü","b":5}'
    assert call(session, "JSON.stringify", [1], {"indent": 2}) == "[\n  1\n]"
    assert call(session, "JSON.stringify", None) == "null"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1 column 1"),
        ("{'a': 1}", "line 1 column 2"),
        ("[1,]", "is not JSON"),
        ("NaN", "no number NaN"),
        ("1e999", "too large"),
        ("9" * 5000, "too large"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_not_json_is_told(text: str, problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        _json.parse(text, "the text")


def test_integers_are_exact_to_64_bits_and_floats_beyond() -> None:
    assert _json.parse("-9223372036854775808", "x") == -(2**63)
    assert _json.parse("9223372036854775807", "x") == 2**63 - 1
    assert isinstance(_json.parse("9223372036854775808", "x"), float)


@pytest.mark.parametrize("value", [b"x", float("nan"), float("inf"), object()])
def test_what_json_has_no_word_for(value: Any) -> None:
    with pytest.raises(InvalidArgument, match="no word for"):
        _json.render({"a": [value]}, "x")


def test_limits_of_writing() -> None:
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    with pytest.raises(InvalidArgument, match="64 deep"):
        _json.render(deep, "x")
    for indent in (-1, 11):
        with pytest.raises(InvalidArgument, match="indent"):
            _json.render(1, "x", indent)
