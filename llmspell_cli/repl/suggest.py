"""What unfinished input may go on to, and what is called at its end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from bridges._errors import SpellError
from llmspell_cli.completion import (
    call_at,
    function_named,
    functions_of,
    keys_at,
    names,
    sentence,
    signature,
    type_at,
)
from llmspell_cli.compose import spelling
from llmspell_cli.repl import dots
from llmspell_cli.repl.dot_facts import kinds_of_variables, maps
from llmspell_cli.scan import Place, scan
from llmspell_cli.terminal import clean

if TYPE_CHECKING:
    from pathlib import Path

    from llmspell_cli.repl.bench import Bench

LONGEST = 50_000
"""Characters of input that is still looked at."""
PATIENCE = 0.5
"""Seconds that a busy engine has to answer."""
MOST_FILES = 200
WORD = re.compile(r"[A-Za-z_$][\w$]*$|$")
PATH = re.compile(r"((?:[A-Za-z_$][\w$]*\s*(?:\?\.|[.:])\s*)+)([A-Za-z_$][\w$]*)?$")
KEYWORDS = {
    "lua": "and break do else elseif end false for function goto if in local nil not or repeat "
    "return then true until while",
    "javascript": "async await break case catch class const continue default do else export false "
    "finally for function if import instanceof let new null of return switch this throw true try "
    "typeof undefined var void while yield",
}
FILE_COMMANDS = ("load", "save", "run", "debug", "edit")
CODE_COMMANDS = ("type", "time")


class Suggestion(NamedTuple):
    """One way to go on.

    text: what is put in; back: how many characters before the cursor it replaces
    label: what is shown; about: what it is
    """

    text: str
    back: int
    label: str
    about: str = ""


class Hint(NamedTuple):
    """The function that is called where the cursor is.

    signature: with the parameter in `‹›` that the cursor is in; doc: of it, or of the function
    """

    signature: str
    doc: str


class Suggester:
    """Suggests code for a REPL's engine in use, and says how what stands there is called."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._kinds: tuple[object, dict[str, str]] = (None, {})
        self._models: asyncio.Task[list[str]] | None = None

    async def suggest(self, text: str) -> list[Suggestion]:
        """Returns how the input before the cursor may go on, in the order it is shown."""
        if len(text) > LONGEST:
            return []
        if text.startswith(".") and (found := await self._command(text)) is not None:
            return found
        place = scan(text, self._language)
        if place.comment:
            return []
        kinds = await self._variable_kinds()
        if place.string is not None:
            return await self._in_string(place, kinds.get)
        if match := PATH.search(place.code):
            return await self._members(match, kinds)
        word = WORD.search(place.code)[0]  # type: ignore[index]
        return list(self._keys(place, word, kinds)) or await self._globals(word)

    async def hint(self, text: str) -> Hint | None:
        """Returns the function that is called at the end of the input before the cursor."""
        if len(text) > LONGEST or text.startswith("."):
            return None
        place = scan(text, self._language)
        if place.comment:
            return None
        kinds = await self._variable_kinds()
        kind_of = _lookup(kinds)
        if place.string is None and (match := re.search(r"[\w$.:]+$", place.code)):
            found = function_named(match[0], self._language, kind_of)
            if found is not None:
                return Hint(signature(found, self._language), sentence(found.fields["doc"]))
        call = call_at(place, self._language, kind_of)
        if call is None:
            return None
        function, position = call
        params = function.fields["params"]
        doc = params[position]["doc"] if position < len(params) else function.fields["doc"]
        field = self._field(place, kind_of)
        return Hint(signature(function, self._language, position), field or sentence(doc))

    # -- what the engine knows

    @property
    def _language(self) -> str:
        return self._bench.language

    async def _ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Asks the engine; nothing where it is too busy to answer."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._bench.engine.conversation.ask(op, **fields)
        except (TimeoutError, SpellError):
            return {}

    async def _variable_kinds(self) -> dict[str, str]:
        """Returns the types of the user's variables, asked once after each evaluation."""
        state = (self._language, self._bench.evaluations)
        if self._kinds[0] != state:
            try:
                async with asyncio.timeout(PATIENCE):
                    self._kinds = state, await kinds_of_variables(self._bench)
            except TimeoutError:
                return {}
        return self._kinds[1]

    # -- code

    async def _members(self, match: re.Match[str], kinds: dict[str, str]) -> list[Suggestion]:
        path = [part.strip() for part in re.split(r"\?\.|[.:]", match[1])[:-1]]
        word = match[2] or ""
        about = self._declared(path, kinds)
        found = maps((await self._ask("members", path=path)).get("members"))
        known = {clean(str(member.get("name"))): _kind(member) for member in found}
        if match[1].rstrip().endswith(":"):
            known = {name: kind for name, kind in known.items() if kind == "function"}
        # What everything of the language has comes after what this is for.
        others = {name: kind for name, kind in known.items() if name not in about}
        return [*by_prefix(word, about), *by_prefix(word, others)]

    def _declared(self, path: list[str], kinds: dict[str, str]) -> dict[str, str]:
        """Returns the declared functions of a global, or of the object that a variable is."""
        if len(path) != 1:
            return {}
        found = functions_of(path[0], "globals", self._language)
        found = found or functions_of(kinds.get(path[0], ""), "objects", self._language)
        return {
            re.split(r"[.:]", function.name)[-1]: _call(signature(function, self._language))
            + f"  {sentence(function.fields['doc'])}"
            for function in found
        }

    def _keys(self, place: Place, word: str, kinds: dict[str, str]) -> Iterator[Suggestion]:
        """Yields the options of a call that are not set yet."""
        before = place.code[: len(place.code) - len(word)].rstrip()
        if not before.endswith(("{", ",")):
            return
        kind_of = _lookup(kinds)
        start = place.brackets[-1].start if place.brackets else 0
        used = set(re.findall(r"([A-Za-z_$][\w$]*)\s*[:=](?!=)", place.code[start:]))
        spell = spelling(self._language)
        for field in keys_at(place, self._language, kind_of):
            name = spell(field["name"])
            if name.startswith(word) and name not in used:
                end = " = " if self._language == "lua" else ": "
                yield Suggestion(name + end, len(word), name, field["doc"])

    def _field(self, place: Place, kind_of: Callable[[str], str]) -> str:
        """Returns the doc of the option that the end of the code is the value of."""
        key, _ = type_at(place, self._language, kind_of)
        spell = spelling(self._language)
        outer = Place(place.code, place.brackets[:-1])
        for where in (place, outer):
            for field in keys_at(where, self._language, kind_of):
                if key and spell(field["name"]) == key:
                    return f"{key}: {field['doc']}"
        return ""

    async def _globals(self, word: str) -> list[Suggestion]:
        if not word:
            return []
        members = maps((await self._ask("members", path=[])).get("members"))
        known = {clean(str(member.get("name"))): _kind(member) for member in members}
        declared = {n.name: n.doc for n in names(self._language) if re.fullmatch(r"\w+", n.name)}
        keywords = dict.fromkeys(KEYWORDS[self._language].split(), "keyword")
        return by_prefix(word, {**keywords, **known, **declared})

    # -- text in quotes

    async def _in_string(self, place: Place, lookup: Callable[[str, str], str]) -> list[Suggestion]:
        typed = place.string or ""
        language = self._language

        def kind_of(name: str) -> str:
            return lookup(name, "")

        key, kind = type_at(place, language, kind_of)
        call = call_at(place, language, kind_of)
        if not key and call is not None and len(place.brackets) > 0:
            function, position = call
            params = function.fields["params"]
            if place.brackets[-1].char == "(" and position < len(params):
                param = params[position]
                key, kind = f"{function.noun}.{param['name']}", param["type"]
        if key in ("tools", "Tool.name", "Tool.tool"):
            return by_prefix(typed, self._tools())
        if key in ("model", "Model.name"):
            return by_prefix(typed, dict.fromkeys(await self._model_names(), ""))
        if choices := list(_choices(kind)):
            return by_prefix(typed, dict.fromkeys(choices, ""))
        return self._files(typed)

    def _tools(self) -> dict[str, str]:
        door = self._bench.session.door
        found = door.call(door.number("Tool.list"), [])
        return {clean(tool["name"]): _first(tool["description"]) for tool in found}

    async def _model_names(self) -> list[str]:
        settings = self._bench.seed.models
        pools = [f"pool:{name}" for name in settings.pools]
        quick = [
            *settings.aliases,
            *pools,
            *([settings.default_model] if settings.default_model else []),
        ]
        if self._models is None:
            door = self._bench.session.door
            listing = door.call_async(door.number("Model.list"), [])
            self._models = asyncio.ensure_future(listing)
        try:
            async with asyncio.timeout(PATIENCE):
                found = await asyncio.shield(self._models)
        except (TimeoutError, SpellError):
            found = []
        return list(dict.fromkeys([*quick, *found]))

    def _files(self, typed: str) -> list[Suggestion]:
        world = self._bench.invocation.world
        folder, _, start = typed.rpartition("/")
        base = world.path(folder + "/" if "/" in typed else ".")
        return [
            Suggestion(name, len(start), name, "folder" if name.endswith("/") else "file")
            for name in _entries(base, start)
        ]

    # -- dot commands

    async def _command(self, text: str) -> list[Suggestion] | None:
        """Returns how a dot command may go on, or None for code that begins with a dot."""
        match = re.fullmatch(r"\.([a-z]*)(?:(\s+)(.*))?", text, re.DOTALL)
        if match is None:
            return None
        name, rest = match[1], match[3] or ""
        if match[2] is None:
            return [
                Suggestion(f".{known}", len(text), f".{known} {dot.usage}".rstrip(), dot.about)
                for known, dot in dots.TABLE.items()
                if known.startswith(name)
            ]
        if name in FILE_COMMANDS:
            return self._files(rest)
        if name in CODE_COMMANDS:
            return await self.suggest(rest)
        return by_prefix(rest, await self._arguments(name))

    async def _arguments(self, command: str) -> dict[str, str]:
        if command == "engine":
            return {"lua": "", "javascript": ""}
        if command == "trace":
            return {"on": "", "off": ""}
        if command == "model":
            return dict.fromkeys(await self._model_names(), "")
        if command == "doc":
            return {known.name: known.doc for known in names(self._language)}
        return {}


def _lookup(kinds: dict[str, str]) -> Callable[[str], str]:
    return lambda name: kinds.get(name, "")


def by_prefix(word: str, known: dict[str, str]) -> list[Suggestion]:
    """Returns the names that begin with a word, those with an underscore before them last.

    known: what each name is
    """
    found = [name for name in known if name.lower().startswith(word.lower())]
    found.sort(key=lambda name: (not name.startswith(word), name.startswith("_"), name.lower()))
    return [Suggestion(name, len(word), name, known[name]) for name in found]


def _choices(kind: Any) -> Iterator[str]:
    if isinstance(kind, list) and kind[0] == "literal":
        yield from kind[1:]
    elif isinstance(kind, list) and kind[0] == "union":
        for member in kind[1:]:
            yield from _choices(member)


def _entries(folder: Path, start: str) -> Iterable[str]:
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return
    count = 0
    for entry in found:
        name = entry.name
        if not name.startswith(start) or (name.startswith(".") and not start.startswith(".")):
            continue
        if name.isprintable() and count < MOST_FILES:
            count += 1
            yield name + "/" if entry.is_dir() else name


def _kind(member: dict[str, Any]) -> str:
    return clean(str(member.get("kind", "")))


def _call(written: str) -> str:
    return "(" + written.partition("(")[2]


def _first(text: str) -> str:
    return sentence(clean(text).strip())
