"""Where a position in unfinished code is: in a string, a comment, a call, a table of options."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

CALLEE = re.compile(r"((?:new\s+)?[A-Za-z_$][\w$]*(?:\s*[.:]\s*[A-Za-z_$][\w$]*)*)\s*$")
KEY = re.compile(r"([A-Za-z_$][\w$]*)[\"'\]]?\s*[:=]\s*$")
_LONG = re.compile(r"\[(=*)\[")
_BEFORE_REGEX = re.compile(r"(?:^|[=(,\[{:;!&|?+*%~^<>-]|\breturn|\bcase|\btypeof)\s*$")
_REGEX = re.compile(r"/(?![*/])(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
BEFORE = 200
"""How many pieces of code before a bracket are kept: enough for what it calls."""
_CLOSING = {")": "(", "]": "[", "}": "{"}


@dataclass
class Bracket:
    """One bracket that is still open.

    char: `(`, `[`, `{`, or `` ` `` for the text of a template
    start: where it stands; before: the code up to it, strings blanked
    commas: how many commas stand directly inside so far
    """

    char: str
    start: int
    before: str
    commas: int = 0

    @property
    def callee(self) -> str:
        """What the bracket calls, such as `Agent.new` or `agent:run`; empty when nothing."""
        match = CALLEE.search(self.before)
        name = re.sub(r"\s+", " ", match[1]) if match else ""
        return re.sub(r" ?([.:]) ?", r"\1", name)

    @property
    def key(self) -> str:
        """The key of a table or object whose value the bracket begins; empty when none."""
        match = KEY.search(self.before)
        return match[1] if match else ""


@dataclass
class Place:
    """The end of a piece of code.

    code: the code, with the insides of strings and comments blanked
    brackets: those that are open, outermost first
    string: the text of the string that is open, None outside of one
    string_start: where that text begins
    comment: whether it is inside a comment
    """

    code: str = ""
    brackets: list[Bracket] = field(default_factory=list)
    string: str | None = None
    string_start: int = 0
    comment: bool = False


def scan(text: str, language: str) -> Place:
    """Returns where the end of `text` is, read as a language's code."""
    return _Scanner(text, language == "lua").scan()


class _Scanner:
    def __init__(self, text: str, is_lua: bool) -> None:
        self._text = text
        self._is_lua = is_lua
        self._at = 0
        self._code: list[str] = []
        self._place = Place()

    def scan(self) -> Place:
        place = self._place
        while self._at < len(self._text):
            inside = place.brackets[-1].char if place.brackets else ""
            if inside == "`":
                self._template()
            elif not (self._comment() or self._string() or self._pattern()):
                self._character(self._text[self._at])
        if place.brackets and place.brackets[-1].char == "`":
            place.string_start = place.brackets[-1].start + 1
            place.string = self._text[place.string_start :]
        place.code = "".join(self._code)
        return place

    def _take(self, end: int, blank: bool = True) -> None:
        """Moves on to `end`, noting what was passed as it is or as blanks."""
        passed = self._text[self._at : end]
        self._code.append(re.sub(r"[^\n]", " ", passed) if blank else passed)
        self._at = end

    def _until(self, mark: str, start: int) -> tuple[int, bool]:
        """Returns where the text after `mark` begins, and whether `mark` was there."""
        found = self._text.find(mark, start)
        return (len(self._text), False) if found < 0 else (found + len(mark), True)

    def _comment(self) -> bool:
        line = "--" if self._is_lua else "//"
        block = "" if self._is_lua else "/*"
        if block and self._text.startswith(block, self._at):
            end, closed = self._until("*/", self._at + 2)
        elif self._text.startswith(line, self._at):
            long = _LONG.match(self._text, self._at + 2) if self._is_lua else None
            mark = f"]{long[1]}]" if long else "\n"
            end, closed = self._until(mark, long.end() if long else self._at)
            end -= closed and not long  # the newline is not the comment's
        else:
            return False
        self._take(end)
        self._place.comment = not closed
        return True

    def _string(self) -> bool:
        char = self._text[self._at]
        long = _LONG.match(self._text, self._at) if self._is_lua and char == "[" else None
        if long:
            end, closed = self._until(f"]{long[1]}]", long.end())
            self._quoted(long.end(), end, closed)
        elif char in "\"'":
            end, closed = self._quote_end(char)
            self._quoted(self._at + 1, end, closed)
        else:
            return False
        return True

    def _quote_end(self, quote: str) -> tuple[int, bool]:
        at = self._at + 1
        while at < len(self._text):
            char = self._text[at]
            if char == "\\":
                at += 1
            elif char == quote:
                return at + 1, True
            elif char == "\n":
                return at, True  # an unfinished string: the error is for the engine to tell
            at += 1
        return len(self._text), False

    def _quoted(self, start: int, end: int, closed: bool) -> None:
        if not closed:
            self._place.string, self._place.string_start = self._text[start:], start
        # Its quotes stay, so that a key or a callee before it is still seen to end there.
        first = self._text[self._at]
        self._take(end)
        blank = self._code[-1]
        self._code[-1] = first + blank[1:-1] + first if closed and len(blank) > 1 else blank

    def _pattern(self) -> bool:
        """Passes a regular expression, whose brackets are no brackets."""
        if self._is_lua or self._text[self._at] != "/":
            return False
        match = _REGEX.match(self._text, self._at)
        if not match or not _BEFORE_REGEX.search("".join(self._code[-8:])):
            return False
        self._take(match.end())
        return True

    def _template(self) -> None:
        start = self._at
        while self._at < len(self._text):
            if self._text[self._at] == "\\":
                self._at += 1
            elif self._text[self._at] == "`":
                self._place.brackets.pop()
                self._at += 1
                break
            elif self._text.startswith("${", self._at):
                self._at += 2
                self._open("{")
                break
            self._at += 1
        end, self._at = min(self._at, len(self._text)), start
        self._take(end)

    def _open(self, char: str) -> None:
        before = "".join(self._code[-BEFORE:])
        self._place.brackets.append(Bracket(char, self._at, before))

    def _character(self, char: str) -> None:
        brackets = self._place.brackets
        if char in "([{" or (char == "`" and not self._is_lua):
            self._open(char)
        elif char in _CLOSING:
            if brackets and brackets[-1].char == _CLOSING[char]:
                brackets.pop()
        elif char == "," and brackets:
            brackets[-1].commas += 1
        self._take(self._at + 1, blank=char == "`")
