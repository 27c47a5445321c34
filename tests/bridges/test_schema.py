"""Schemas: the short form, what is refused, what messages say, and the bounds on the work."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bridges._errors import InvalidArgument, LimitExceeded
from bridges._schema import fit, problems, to_json_schema
from bridges._types import Text


def short(**parts: Any) -> dict[str, Any]:
    return to_json_schema(parts, "parameters")


def test_the_short_form_becomes_json_schema() -> None:
    assert short(city={"type": "string", "required": True}, days="integer") == {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
        "additionalProperties": False,
    }


def test_json_schema_stays_as_it_is() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]}
    assert to_json_schema(schema, "parameters") == schema
    assert to_json_schema({"type": "array", "items": {"type": "string"}}, "x")["type"] == "array"


@pytest.mark.parametrize("name", ["type", "properties", "required", "enum", "items"])
def test_parameters_may_be_called_as_schema_words_are(name: str) -> None:
    schema = to_json_schema({name: {"type": "string", "required": True}}, "parameters")
    assert schema["properties"] == {name: {"type": "string"}}
    assert schema["required"] == [name]


def test_answers_need_every_name_unless_told_otherwise() -> None:
    form = {
        "name": "string",
        "age": {"type": "integer", "required": False},
        "tags": {"type": "array"},
    }
    schema = to_json_schema(form, "output_schema", all_required=True)
    assert schema["required"] == ["name", "tags"]


def test_required_is_lifted_from_nested_maps() -> None:
    inner = {"type": "object", "properties": {"x": {"type": "number", "required": True}}}
    schema = short(point=inner)
    assert schema["properties"]["point"]["required"] == ["x"]
    assert problems(schema, {"point": {}}) == ["point.x is missing"]


def test_empty_lua_tables_become_lists_where_the_schema_wants_lists() -> None:
    schema = to_json_schema({"type": "object", "properties": [], "required": {}}, "parameters")
    assert schema == {"type": "object", "properties": {}, "required": []}
    tags = short(tags={"type": "array"}, more={"type": "object"})
    assert fit(tags, {"tags": {}, "more": []}) == {"tags": [], "more": {}}


def test_defaults_are_filled_in_and_answers_become_text() -> None:
    schema = short(unit={"enum": ["c", "f"], "default": "c"}, text={"type": "string"})
    answer = Text("AgentResult", {"text": "hello", "output": "hello"})
    assert fit(schema, {"text": answer}) == {"unit": "c", "text": "hello"}
    assert fit(schema, {"unit": "f"}) == {"unit": "f"}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({}, "city is missing"),
        ({"city": 3}, "city must be a string, got an integer"),
        ({"city": "Oslo", "dayz": 1}, "dayz is not known; did you mean 'days'?"),
        ({"city": "Oslo", "unit": "k"}, 'unit must be one of "c", "f", got "k"'),
        ({"city": "Oslo", "days": 0}, "days: 0 is less than the minimum of 1"),
        ({"city": "Oslo", "tags": ["a", 1]}, "tags[1] must be a string, got an integer"),
        ({"city": "Oslo", "tags": ["a", "a"]}, "tags: has an element twice"),
        ({"city": "oslo"}, "city: 'oslo' does not match '^[A-Z]'"),
        ({"city": "Oslo", "either": 1}, "either must be a string or null, got an integer"),
        (["Oslo"], "the value must be an object, got an array"),
    ],
)
def test_sentences_name_the_parameter(value: Any, sentence: str) -> None:
    schema = short(
        city={"type": "string", "required": True, "pattern": "^[A-Z]"},
        days={"type": "integer", "minimum": 1},
        unit={"enum": ["c", "f"]},
        tags={"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        either={"anyOf": [{"type": "string"}, {"type": "null"}]},
    )
    assert problems(schema, value) == [sentence]


def test_what_fits_has_no_problems() -> None:
    schema = to_json_schema(
        {
            "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}},
            "$ref": "#/$defs/node",
        },
        "parameters",
    )
    assert problems(schema, {"next": {"next": {}}}) == []


@pytest.mark.parametrize(
    ("form", "message", "hint"),
    [
        ({"city": {"type": "strin"}}, "parameters.city: 'strin' is not a type", "'string'"),
        ({"city": 5}, "parameters: 'city' must be a map", "types are string"),
        ({"a": {"pattern": "(?=x)y"}}, "is not a regular expression", "look-around"),
        ({"a": {"pattern": "(a{1000}){1000}"}}, "is not a regular expression", ""),
        ({"a": {"pattern": 3}}, "pattern must be a string", ""),
        ({"a": {"$ref": "https://example.org/schema"}}, "refers to nothing", "#/$defs/NAME"),
        ({"a": {"$ref": "#/properties/b"}, "b": {}}, "refers to nothing", "#/$defs/NAME"),
        ({"a": {"minimum": "x"}}, "is not a JSON Schema: properties.a.minimum", ""),
        ({"a": {"patternProperties": {"x": {}}}}, "patternProperties is not supported", ""),
        ({"a": {"unevaluatedProperties": False}}, "is not supported", ""),
    ],
)
def test_bad_schemas_are_refused_where_they_are_made(
    form: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        to_json_schema(form, "parameters")
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_schema_that_explodes_when_written_out_is_refused() -> None:
    defs: dict[str, Any] = {
        f"a{i}": {"anyOf": [{"$ref": f"#/$defs/a{i + 1}"}] * 2} for i in range(40)
    }
    defs["a40"] = {"type": "null"}
    with pytest.raises(InvalidArgument, match="larger than 5000"):
        to_json_schema({"$defs": defs, "$ref": "#/$defs/a0"}, "parameters")


def test_patterns_take_linear_time() -> None:
    schema = short(a={"type": "string", "pattern": "^(a+)+$"})
    began = time.process_time()
    assert problems(schema, {"a": "a" * 50_000 + "!"})
    assert time.process_time() - began < 2


def test_another_dialect_inside_does_not_bring_another_pattern_engine() -> None:
    inner = {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "^(a+)+$"}
    schema = short(a=inner)
    assert "$schema" not in schema["properties"]["a"]
    began = time.process_time()
    assert problems(schema, {"a": "a" * 50_000 + "!"})
    assert time.process_time() - began < 2


def test_a_check_that_branches_without_end_is_stopped() -> None:
    twice = [{"$ref": "#/$defs/t"}, {"$ref": "#/$defs/t"}]
    node = {"properties": {"next": {"anyOf": twice}}, "required": ["missing"]}
    schema = to_json_schema({"$defs": {"t": node}, "$ref": "#/$defs/t"}, "parameters")
    value: dict[str, Any] = {}
    for _ in range(40):
        value = {"next": value}
    with pytest.raises(LimitExceeded, match="too much work"):
        problems(schema, value)


def test_messages_that_quote_a_large_value_again_and_again_are_stopped() -> None:
    schema = short(a={"allOf": [{"maxLength": i} for i in range(4_000)]})
    with pytest.raises(LimitExceeded, match="too much work"):
        problems(schema, {"a": "x" * 1_000_000})


def test_a_schema_that_is_only_itself_is_stopped() -> None:
    schema = to_json_schema({"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, "x")
    with pytest.raises(LimitExceeded, match="refers to itself"):
        problems(schema, 1)


def test_no_more_than_five_sentences_of_bounded_length() -> None:
    schema = to_json_schema({"type": "array", "items": {"type": "string"}}, "x")
    assert len(problems(schema, list(range(100)))) == 5
    assert len(problems(short(a={"maxLength": 1}), {"a": "x" * 100_000})[0]) < 400
