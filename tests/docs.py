"""Reads the pages of docs/: their code blocks, and the comments that say how blocks are run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

LANGUAGES = {"lua": "lua", "javascript": "js", "js": "js"}
COMMENT = re.compile(
    r"<!-- (file|run|not run|prints|ends)(?:: ([^\n]*?))?(?: -->|\n(.*?)-->)", re.DOTALL
)
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
NAME = re.compile(r"(?:--|//) ([\w./-]+\.(?:lua|js))\n")


@dataclass
class Block:
    """A code block.

    line: where it begins; tag: its language as written; name: the file it is saved as
    arguments, stdin, code: how it is run, and the exit code it ends with
    prints: what it must print, if the page says so
    unrun: why it is only checked; saved: whether it is a file for others, not to be run
    """

    line: int
    tag: str
    text: str
    name: str
    arguments: str = ""
    stdin: str = ""
    code: int = 0
    prints: str | None = None
    unrun: str = ""
    saved: bool = False


@dataclass
class Page:
    """A page's blocks in order, and the files its comments hold."""

    blocks: list[Block] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> Page:
    """Returns what a page says.

    Before a block: `<!-- file: NAME -->` saves it, `<!-- run: ARGUMENTS < FILE -->` gives it
    arguments, `<!-- ends: CODE -->` an exit code other than 0, `<!-- not run: WHY -->` keeps it
    from being run. A block after `<!-- prints -->` is what the blocks before it print, as far back
    as no prose comes between. `<!-- file: NAME` and text up to `-->` is a file nobody sees.
    """
    text = path.read_text(encoding="utf-8")
    page = Page()
    alike: list[Block] = []
    end = 0
    for match in FENCE.finditer(text):
        between = text[end : match.start()]
        end = match.end()
        orders = _orders(between, page)
        block = _block(match, orders, text.count("\n", 0, match.start()) + 1)
        if COMMENT.sub("", between).strip():
            alike = []
        if "prints" in orders:
            for one in alike:
                one.prints = block.text
        alike.append(block)
        page.blocks.append(block)
    return page


def _orders(between: str, page: Page) -> dict[str, str]:
    """Returns what the comments before a block say of it; files go to the page."""
    found = {}
    for kind, value, inside in COMMENT.findall(between):
        if inside:
            page.files[value] = inside
        else:
            found[kind] = value
    return found


def _block(match: re.Match[str], orders: dict[str, str], line: int) -> Block:
    indent, tag, code = match.groups()
    code = re.sub(f"^{indent}", "", code, flags=re.MULTILINE)
    named = NAME.match(code)
    usual = named[1] if named else f"line{line}.{LANGUAGES.get(tag, tag)}"
    arguments, _, stdin = orders.get("run", "").partition("<")
    return Block(
        line=line,
        tag=tag,
        text=code,
        name=orders.get("file") or usual,
        arguments=arguments,
        stdin=stdin.strip(),
        code=int(orders.get("ends", 0)),
        unrun=orders.get("not run", ""),
        saved="file" in orders,
    )
