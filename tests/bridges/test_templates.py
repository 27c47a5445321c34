"""Templates: strict names, one pass, no expressions, bounded."""

from __future__ import annotations

from typing import Any

import pytest

from bridges import _templates
from bridges._errors import InvalidArgument, LimitExceeded
from bridges._templates import fill, names_in, read_path, render
from bridges._types import Text
from tests.door import gives

VALUES: dict[str, Any] = {
    "input": "tea",
    "steps": {"find": {"output": {"score": 3, "items": ["a", "b"]}}, "my step": {"output": 1}},
    "params": {"items": [1, 2], "none": None},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain { } }} text\n", "plain { } }} text\n"),
        ("one {{input}} two {{ input }}\n", "one tea two tea\n"),
        ("{{steps.find.output.score}}", "3"),
        ("{{steps.find.output.items[1]}}", "b"),
        ("{{steps['my step'].output}}", "1"),
        ("{{params.items}} {{params.none}}", "[1, 2] null"),
        ("{% raw %}{{input}}{% endraw %}!", "{{input}}!"),
    ],
)
def test_names_are_filled_in(text: str, expected: str) -> None:
    assert render(text, VALUES, "text") == expected


def test_a_text_that_is_one_name_gives_the_value_itself() -> None:
    given = {"list": "{{params.items}}", "text": ["{{input}}!"], "n": 3}
    assert fill(given, VALUES, "params") == {"list": [1, 2], "text": ["tea!"], "n": 3}


@pytest.mark.parametrize(
    "evil", ["{{params.items}}", "{% for x in y %}", "{{1", "{#", "{{secret}}"]
)
def test_what_is_filled_in_is_never_read_again(evil: str) -> None:
    assert render("{{input}}", {"input": evil}, "text") == evil
    assert render("a {{input}}", {"input": evil}, "text") == f"a {evil}"
    assert fill({"a": "{{input}}"}, {"input": {"b": evil}}, "p") == {"a": {"b": evil}}
    answer = Text("AgentResult", {"text": evil})
    assert render("a {{input}}", {"input": answer}, "text") == f"a {evil}"
    assert fill(answer, VALUES, "p") is answer


@pytest.mark.parametrize(
    "text",
    [
        *(
            "{{1 + 1}}",
            "{{input | upper}}",
            "{{input()}}",
            "{{input[input]}}",
            "{{ -params.items }}",
        ),
        *("{{'a'}}", "{{input if input}}", "{{[input]}}", "{{self()}}", "{{input[:1]}}"),
        *("{% if input %}a{% endif %}", "{% set a = 1 %}", "{# note #}", "{{", "{{}}", "{{a b}}"),
        "{{" + "(" * 5_000,
    ],
)
def test_anything_but_names_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^prompt: "):
        render(text, VALUES, "prompt")


def test_a_number_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="a number that is too long"):
        render("{{input[" + "1" * 5_000 + "]}}", {"input": [1]}, "prompt")


@pytest.mark.parametrize(
    "path", ["input.__class__", "params.items.__len__", "params.keys", "params.items.append"]
)
def test_python_cannot_be_reached(path: str) -> None:
    with pytest.raises(InvalidArgument):
        render("{{" + path + "}}", VALUES, "text")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{inputs}}", "prompt: {{inputs}}: there is no 'inputs'; there is input, steps, params"),
        (
            "{{steps.fnd.output}}",
            "prompt: {{steps.fnd.output}}: there is no 'fnd' in steps; steps has find, my step",
        ),
        (
            "{{params.items[2]}}",
            "prompt: {{params.items[2]}}: params.items is a list of 2, and has no 2",
        ),
        ("{{input.a}}", "prompt: {{input.a}}: input has no parts"),
    ],
)
def test_an_unknown_name_lists_what_there_is(text: str, message: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        render(text, VALUES, "prompt")
    assert caught.value.message == message


def test_many_names_are_not_all_listed() -> None:
    with pytest.raises(InvalidArgument) as caught:
        render("{{x}}", {f"name{i}": i for i in range(1000)}, "text")
    assert len(caught.value.message) < 500


def test_what_is_filled_in_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_templates, "Room", lambda: _room(1000))
    with pytest.raises(LimitExceeded):
        render("{{input}}" * 100, {"input": "x" * 100}, "text")
    with pytest.raises(LimitExceeded):
        fill(["a {{input}}"] * 100, {"input": "x" * 100}, "text")
    for long in ("{{a}}" * 4001, "{{a" + "[0]" * 7000 + "}}", "{{" * 10_001):
        with pytest.raises(InvalidArgument, match="more than 20000 characters in {{braces}}"):
            render(long, {"a": 1}, "text")
    with pytest.raises(InvalidArgument, match="more than 200000 characters"):
        render("{{a}}" + " " * 1_000_000, {"a": 1}, "text")


_Room = _templates.Room


def _room(left: int) -> _templates.Room:
    return _Room(left)


def test_functions_and_broken_bytes_cannot_be_text() -> None:
    with pytest.raises(InvalidArgument, match="must be data"):
        render("a {{input}}", {"input": gives(1)}, "text")
    with pytest.raises(InvalidArgument, match="not UTF-8"):
        render("a {{input}}", {"input": b"\xff"}, "text")
    assert render("a {{input}}", {"input": b"b"}, "text") == "a b"


def test_the_names_of_a_template_are_known_beforehand() -> None:
    given = {"a": ["{{input}} {{steps.x.output}}"], "b": "{{params.y}}"}
    assert list(names_in(given, "p")) == [("input",), ("steps", "x", "output"), ("params", "y")]
    assert read_path("steps.a.output[0]", "when") == ("steps", "a", "output", 0)
    for wrong in ("", "a + b", "a}} b {{c", "'a'"):
        with pytest.raises(InvalidArgument):
            read_path(wrong, "when")
