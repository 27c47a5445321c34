"""Colours of code: the terminal's own sixteen, which fit dark and light backgrounds alike."""

from __future__ import annotations

from functools import cache
from typing import Any

from prompt_toolkit.styles import Style, merge_styles
from prompt_toolkit.styles.base import BaseStyle
from prompt_toolkit.styles.pygments import style_from_pygments_cls
from pygments import highlight
from pygments.formatters import Terminal256Formatter
from pygments.lexer import Lexer
from pygments.lexers import JavascriptLexer, JsonLexer, LuaLexer
from pygments.style import Style as CodeStyle
from pygments.token import Comment, Error, Keyword, Literal, Name, Number, Operator, String, Token

LEXERS: dict[str, type[Lexer]] = {
    "lua": LuaLexer,
    "javascript": JavascriptLexer,
    "json": JsonLexer,
}


class Colours(CodeStyle):  # type: ignore[misc]  # the library has no types
    """The colours of code, typed and echoed."""

    styles = {
        Token: "",
        Comment: "italic ansibrightblack",
        Keyword: "ansimagenta",
        Keyword.Constant: "ansicyan",
        Keyword.Type: "ansiblue",
        Name.Function: "ansiblue",
        Name.Class: "ansiblue",
        Name.Builtin: "ansiblue",
        Name.Tag: "ansiblue",
        Literal: "ansicyan",
        Number: "ansicyan",
        String: "ansigreen",
        Operator.Word: "ansimagenta",
        Error: "",
    }


@cache
def style() -> BaseStyle:
    """Returns the style of the whole editor."""
    own = Style.from_dict(
        {
            "prompt": "ansigreen bold",
            "prompt.more": "ansibrightblack",
            "auto-suggestion": "ansibrightblack",
            "matching-bracket.cursor": "bold underline",
            "matching-bracket.other": "bold underline",
            "bottom-toolbar": "noreverse ansibrightblack",
            "bottom-toolbar.engine": "ansigreen",
            "signature": "noreverse ansidefault",
            "signature.now": "bold ansiyellow",
            "signature.doc": "ansibrightblack italic",
            "completion-menu": "bg:ansibrightblack ansigray",
            "completion-menu.completion": "bg:ansiblack ansigray",
            "completion-menu.completion.current": "noreverse bg:ansiblue ansiwhite",
            "completion-menu.meta.completion": "bg:ansiblack ansibrightblack",
            "completion-menu.meta.completion.current": "bg:ansiblue ansigray",
            "completion-menu.multi-column-meta": "bg:ansiblack ansibrightblack",
            "scrollbar.background": "bg:ansibrightblack",
            "scrollbar.button": "bg:ansigray",
        }
    )
    return merge_styles([style_from_pygments_cls(Colours), own])


@cache
def _formatter() -> Any:
    return Terminal256Formatter(style=Colours)


def coloured(text: str, language: str) -> str:
    """Returns a value as the engine wrote it, in colours; text of no language stays as it is."""
    lexer = LEXERS.get(language)
    if lexer is None:
        return text
    found: str = highlight(text, lexer(stripnl=False, ensurenl=False), _formatter())
    return found
