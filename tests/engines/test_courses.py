"""Calls inherit what held where their callback began; nothing a worker says of it does harm."""

from __future__ import annotations

from contextvars import ContextVar

import pytest

from engines import _courses
from engines._courses import Courses

where: ContextVar[str] = ContextVar("where", default="nowhere")


def begun() -> Courses:
    courses = Courses()
    where.set("main")
    courses.begin()
    for number in (1, 2):
        where.set(f"callback {number}")
        courses.open(number)
    where.set("elsewhere")
    return courses


def test_each_call_gets_what_its_callback_got() -> None:
    courses = begun()
    assert courses.run(where.get) == "main"
    for number in (2, 1, 2):
        courses.enter(number)
        assert courses.run(where.get) == f"callback {number}"
        assert courses.context().run(where.get) == f"callback {number}"


def test_what_a_call_sets_is_its_own() -> None:
    courses = begun()
    courses.enter(1)
    courses.run(where.set, "changed")
    assert courses.run(where.get) == "callback 1"


def test_a_callback_that_nobody_knows_is_as_none() -> None:
    courses = begun()
    courses.enter(4_000_000_000)
    assert courses.run(where.get) == "main"


def test_ended_callbacks_are_remembered_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_courses, "REMEMBERED", 1)
    courses = begun()
    courses.close(1)
    courses.enter(1)
    assert courses.run(where.get) == "callback 1"
    courses.close(2)
    assert courses.run(where.get) == "main"
    courses.enter(2)
    assert courses.run(where.get) == "callback 2"
