from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bridges._builtins import runs, search
from bridges._builtins.calculator import calculate
from bridges._builtins.tools import BUILTINS
from bridges._errors import (
    InvalidArgument,
    LimitExceeded,
    NotFound,
    PermissionDenied,
    SpellError,
    TimeLimit,
)
from bridges._permissions import Grants
from bridges._session import Session
from tests.sessions import make_session


def use(session: Session, name: str, /, **arguments: Any) -> Any:
    async def run() -> Any:
        try:
            return await BUILTINS[name].run(session, arguments)
        finally:
            await session.close()

    jsonschema.validate(arguments, BUILTINS[name].parameters)
    return asyncio.run(run())


def test_the_tools_that_are_promised() -> None:
    assert sorted(BUILTINS) == sorted(
        "file_read file_write file_list file_search web_fetch http_request calculator datetime "
        "json_query csv_read hash uuid env_get run_program".split()
    )


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_every_tool_is_well_described(name: str) -> None:
    tool = BUILTINS[name]
    jsonschema.Draft202012Validator.check_schema(tool.parameters)
    assert tool.name == name and tool.description.endswith(".")
    assert tool.parameters["additionalProperties"] is False
    assert set(tool.parameters["required"]) <= set(tool.parameters["properties"])


# --- files -------------------------------------------------------------------


def test_file_tools(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    use(session, "file_write", path="a.txt", content="one\ntwo\nthree\n")
    use(session, "file_write", path="a.txt", content="four\n", append=True)
    assert use(session, "file_read", path="a.txt") == "one\ntwo\nthree\nfour\n"
    assert use(session, "file_read", path="a.txt", start_line=2, line_count=2) == "two\nthree\n"
    listed = use(session, "file_list", pattern="*.txt", recursive=True)
    assert listed == [{"path": "a.txt", "kind": "file", "size": 19}]
    with pytest.raises(NotFound):
        use(session, "file_read", path="no.txt")


def test_a_model_may_not_do_what_the_spell_may_not(tmp_path: Path) -> None:
    session = make_session(tmp_path, grants=Grants(base=tmp_path), environ={"KEY": "secret"})
    (tmp_path / "a").write_text("x")
    for name, arguments in {
        "file_read": {"path": "a"},
        "file_write": {"path": "a", "content": "y"},
        "file_list": {},
        "file_search": {"text": "x"},
        "csv_read": {"path": "a"},
        "web_fetch": {"url": "http://127.0.0.1:1/"},
        "http_request": {"url": "http://127.0.0.1:1/"},
        "env_get": {"name": "KEY"},
        "run_program": {"program": "sh"},
    }.items():
        with pytest.raises(PermissionDenied):
            use(session, name, **arguments)
    assert (tmp_path / "a").read_text() == "x"


def test_long_texts_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MAX_TEXT", 10)
    (tmp_path / "a").write_text("x" * 11)
    found = use(make_session(tmp_path), "file_read", path="a")
    assert found == "x" * 10 + "\n[cut: 11 characters]"


def test_search(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("alpha\nBeta (x)\n")
    (tmp_path / "b.md").write_text("beta\n")
    (tmp_path / "c.bin").write_bytes(b"\xffbeta")
    session = make_session(tmp_path)
    found = use(session, "file_search", text="(x)")
    assert found == {
        "matches": [{"path": "a.txt", "line": 2, "text": "Beta (x)"}],
        "complete": True,
    }
    found = use(session, "file_search", text="^b.ta", regex=True, ignore_case=True)
    assert [match["path"] for match in found["matches"]] == ["a.txt", "b.md"]
    found = use(session, "file_search", text="a", limit=1, files="*.txt")
    assert len(found["matches"]) == 1 and found["complete"] is False
    with pytest.raises(InvalidArgument, match="not a regular expression"):
        use(session, "file_search", text="(", regex=True)


def test_a_search_ends_when_its_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("a" * 60 + "b")
    found = use(make_session(tmp_path), "file_search", text="(a|aa)+$", regex=True)
    assert found == {"matches": [], "complete": True}
    monkeypatch.setattr(search, "SECONDS", 0.0)
    with pytest.raises(TimeLimit, match="0 seconds"):
        use(make_session(tmp_path), "file_search", text="(a|aa)+$", regex=True)


def test_csv(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('\ufeffname,age\n"Ann, B",4\nBob,5\n')
    session = make_session(tmp_path)
    assert use(session, "csv_read", path="a.csv", limit=1) == {
        "columns": ["name", "age"],
        "rows": [{"name": "Ann, B", "age": "4"}],
        "complete": False,
    }
    found = use(session, "csv_read", text="1;2\n3;4", delimiter=";", header=False)
    assert found["rows"] == [["1", "2"], ["3", "4"]] and found["complete"]
    for wrong in ({}, {"text": "a", "path": "a.csv"}, {"text": "x" * 200_000}):
        with pytest.raises(InvalidArgument):
            use(session, "csv_read", **wrong)


# --- values ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("(3 + 4) * 2", 14),
        ("2 ^ 10", 1024),
        ("7 // 2 + 7 % 2", 4),
        ("sqrt(16) + factorial(5)", 124.0),
        ("max(1, 2, 3) - -1", 4),
        ("round(pi, 2)", 3.14),
        ("1 < 2", True),
        ("2 ** -1", 0.5),
    ],
)
def test_calculator(tmp_path: Path, expression: str, value: Any) -> None:
    assert use(make_session(tmp_path), "calculator", expression=expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "9 ** 9 ** 9",
        "9 ** 1000 * 9 ** 1000",
        "factorial(100000)",
        "factorial(factorial(20))",
        "comb(10 ** 9, 5 * 10 ** 8)",
        "1 / 0",
        "1e308 * 10",
        "'a' * 10 ** 9",
        "'a' + 'b'",
        "__import__('os').system('true')",
        "().__class__",
        "[1] * 9",
        "x",
        "open('/etc/passwd')",
        "(-1) ** 0.5",
        "sqrt(-1)",
        "1 +",
        "",
        "(" * 300 + ")" * 300,
        "1 + " * 400 + "1",
        "1 << 10 ** 9",
        "max(range(10 ** 9))",
        "round(1, -(10 ** 9))",
        "a = 1",
        "1; 2",
        "(255).to_bytes(2 * 10 ** 9, 'big')",
        "'a'.ljust(2 * 10 ** 9)",
        "f'{1:>2000000000}'",
        "pi.real",
    ],
)
def test_calculator_refuses(expression: str) -> None:
    began = time.process_time()
    with pytest.raises(InvalidArgument):
        calculate(expression)
    assert time.process_time() - began < 1


def test_datetime(tmp_path: Path) -> None:
    session = make_session(tmp_path)

    def date(**arguments: Any) -> Any:
        return use(session, "datetime", **arguments)

    now = date(action="now")
    assert abs(now["epoch"] - time.time()) < 60 and now["timezone"] == "UTC"
    parsed = date(action="parse", date="2026-11-21T14:30:00+01:00")
    assert (parsed["iso"], parsed["weekday"], parsed["week"]) == (
        "2026-11-21T13:30:00+00:00",
        "Saturday",
        47,
    )
    assert date(action="parse", date=0)["date"] == "1970-01-01"
    added = date(action="add", date="2026-03-01", days=-1, hours=1)
    assert added["iso"] == "2026-02-28T01:00:00+00:00"
    formatted = date(action="format", date="2026-11-21", format="%d.%m.%Y")
    assert formatted["text"] == "21.11.2026"
    gap = date(action="difference", date="2026-01-01", until="2026-01-03")
    assert gap == {"seconds": 172800.0, "days": 2.0}
    berlin = date(action="parse", date="2026-07-01T12:00:00Z", timezone="Europe/Berlin")
    assert berlin["time"] == "14:00:00"


@pytest.mark.parametrize(
    "arguments",
    [
        {"action": "parse"},
        {"action": "parse", "date": "soon"},
        {"action": "parse", "date": 1e30},
        {"action": "add", "date": "2026-01-01", "days": 1e12},
        {"action": "now", "timezone": "../../etc/passwd"},
        {"action": "now", "timezone": "Nowhere/City"},
        {"action": "difference", "date": "2026-01-01"},
    ],
)
def test_datetime_refuses(tmp_path: Path, arguments: Any) -> None:
    with pytest.raises(InvalidArgument):
        use(make_session(tmp_path), "datetime", **arguments)


def test_json_query(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    data = {"people": [{"name": "Ann", "age": 30}, {"name": "Bob", "age": 10}]}
    assert use(session, "json_query", query="people[?age > `20`].name", data=data) == ["Ann"]
    assert use(session, "json_query", query="a.b", data='{"a": {"b": 1}}') == 1
    for query, wrong in (("a[", {}), ("nothing(a)", {}), ("abs(@)", "{}"), ("a", "{")):
        with pytest.raises(InvalidArgument):
            use(session, "json_query", query=query, data=wrong)
    with pytest.raises(InvalidArgument):
        use(session, "json_query", query="(" * 1000 + "a" + ")" * 900, data={})


@pytest.mark.parametrize(
    "doubling", ["[@, @]", "[@, @][]", "{a: @, b: @}", "join('', [@, @])", "to_array([@, @])"]
)
def test_a_query_that_doubles_its_value_is_stopped(tmp_path: Path, doubling: str) -> None:
    began = time.process_time()
    with pytest.raises(LimitExceeded):
        use(make_session(tmp_path), "json_query", query="|".join([doubling] * 30), data='"x"')
    assert time.process_time() - began < 30


def test_a_query_over_much_data_is_not_stopped(tmp_path: Path) -> None:
    data = [{"name": f"n{i}", "age": i} for i in range(20_000)]
    query = "sort_by([?age > `10`], &age)[*].{n: name}"
    found = use(make_session(tmp_path), "json_query", query=query, data=data)
    assert len(found) == 19_989


def test_every_error_of_the_query_library_is_caught() -> None:
    from jmespath import exceptions

    kinds = [k for k in vars(exceptions).values() if isinstance(k, type)]
    known = (exceptions.JMESPathError, ValueError, TypeError)
    assert kinds and all(issubclass(k, known) for k in kinds if issubclass(k, Exception))


def test_a_broken_expression_is_told_in_plain_words() -> None:
    with pytest.raises(InvalidArgument, match=r"cannot be calculated: '\(' was never closed$"):
        calculate("2*(")


def test_every_error_of_the_calculator_library_is_caught() -> None:
    import simpleeval

    kinds = [
        k for k in vars(simpleeval).values() if isinstance(k, type) and issubclass(k, Exception)
    ]
    # The warnings are about statements, which do not parse as an expression.
    known = (simpleeval.InvalidExpression, simpleeval.TypeNotSpecified, Warning)
    assert kinds and all(issubclass(k, known) for k in kinds)


def test_hash_uuid_and_environment(tmp_path: Path) -> None:
    grants = Grants(base=tmp_path, env=("LANG",))
    session = make_session(tmp_path, grants=grants, environ={"LANG": "C"})
    assert use(session, "hash", text="abc", algorithm="md5") == "900150983cd24fb0d6963f7d28e17f72"
    assert use(session, "hash", text="abc").startswith("ba7816bf")
    assert len(use(session, "uuid")) == 36 and use(session, "uuid") != use(session, "uuid")
    assert use(session, "env_get", name="LANG") == "C"


# --- outside -----------------------------------------------------------------

PAGE = """<html><head><title>T</title></head><body><nav>Home | About</nav><article><h1>Owls</h1>
<p>Owls are birds of the night that hunt mice, and this sentence is long enough to count.</p>
<p>They see well in the dark, better than most other birds, and turn their heads far round.</p>
</article><script>alert(1)</script></body></html>"""


def serve(tmp_path: Path, page: str, kind: str, name: str, **arguments: Any) -> Any:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = page.encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
        writer.write(f"{head}connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async def run() -> Any:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        session = make_session(tmp_path, grants=Grants(base=tmp_path, net=("127.0.0.1",)))
        async with server:
            try:
                url = f"http://127.0.0.1:{port}/"
                return await BUILTINS[name].run(session, {"url": url, **arguments})
            finally:
                await session.close()

    return asyncio.run(run())


def test_web_fetch_gives_readable_text(tmp_path: Path) -> None:
    found = serve(tmp_path, PAGE, "text/html", "web_fetch")
    assert found["status"] == 200
    assert "Owls are birds of the night" in found["text"]
    assert "alert" not in found["text"] and "<p>" not in found["text"]
    bare = serve(tmp_path, "<html><body>Short.</body></html>", "text/html", "web_fetch")
    assert "Short." in bare["text"]
    plain = serve(tmp_path, "as it <is>", "text/plain", "web_fetch")
    assert plain["text"] == "as it <is>"


def test_http_request_gives_the_answer(tmp_path: Path) -> None:
    found = serve(tmp_path, "{}", "application/json", "http_request", method="POST", json={"a": 1})
    assert (found["status"], found["text"]) == (200, "{}")


def test_run_program(tmp_path: Path) -> None:
    decisions: list[Any] = []
    session = make_session(
        tmp_path,
        grants=Grants(base=tmp_path, run=("cat", "sh")),
        environ={"PATH": "/usr/bin:/bin", "SECRET": "s"},
        audit=lambda *line: decisions.append(line),
    )
    assert use(session, "run_program", program="cat", stdin="in")["stdout"] == "in"
    found = use(session, "run_program", program="sh", arguments=["-c", "env; pwd; exit 2"])
    assert found["status"] == 2 and str(tmp_path) in found["stdout"]
    assert "SECRET" not in found["stdout"]
    with pytest.raises(SpellError):
        use(session, "run_program", program="env")
    assert decisions[0] == ("run_program", "run", "cat", True)
    assert decisions[-1] == ("run_program", "run", "env", False)
