"""The terminal debugger's commands: their names, and how what follows them is read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridges._errors import InvalidArgument
from bridges._names import did_you_mean
from llmspell_cli.debug.points import Wanted, hit_rule


@dataclass(frozen=True)
class Order:
    """A command: its short names, how it is written, what it does."""

    short: tuple[str, ...]
    usage: str
    help: str


ORDERS = {
    "break": Order(
        ("b",),
        "break [[FILE:]LINE [if CONDITION] [hits RULE] [log TEXT]]",
        "Sets a breakpoint, or lists them all. RULE is 3, >= 3 or % 3;"
        " TEXT is printed instead of stopping, with {expressions} filled in.",
    ),
    "tbreak": Order(
        ("tb",), "tbreak [FILE:]LINE [if CONDITION] [hits RULE]", "Sets one that stops once."
    ),
    "delete": Order(("d",), "delete NUMBER... | all", "Removes breakpoints."),
    "catch": Order(
        (),
        "catch [raised | uncaught | model | tool | step | handoff [PATTERN]]",
        "Stops at errors, or before model calls, tool calls, workflow steps or handoffs;"
        " alone, lists where.",
    ),
    "uncatch": Order(
        (), "uncatch raised | uncaught | model | tool | step | handoff", "Stops there no more."
    ),
    "continue": Order(("c", "cont"), "continue", "Goes on until something stops it."),
    "next": Order(("n",), "next", "Goes on to the next line of this function."),
    "step": Order(("s",), "step", "Goes on to the next line, in a called function as well."),
    "finish": Order(("out", "fin"), "finish", "Goes on until this function returns."),
    "until": Order(("run", "u"), "until [FILE:]LINE", "Goes on to a line."),
    "where": Order(("bt", "w"), "where", "Shows the frames of this task."),
    "up": Order((), "up [COUNT]", "Selects the frame that called this one."),
    "down": Order((), "down [COUNT]", "Selects the frame that this one called."),
    "tasks": Order((), "tasks", "Lists the tasks."),
    "task": Order(("t",), "task NUMBER", "Selects another task."),
    "locals": Order((), "locals", "Shows the variables of this frame."),
    "globals": Order((), "globals", "Shows the globals."),
    "print": Order(("p",), "print EXPRESSION", "Shows the value of an expression."),
    "set": Order((), "set NAME = EXPRESSION", "Assigns to a variable, or in the held request."),
    "watch": Order((), "watch [EXPRESSION]", "Shows an expression at every stop; alone, now."),
    "unwatch": Order((), "unwatch NUMBER... | all", "Shows it no more."),
    "list": Order(("l",), "list [[FILE:]LINE | .]", "Shows source; again, shows more."),
    "request": Order(("r",), "request", "Shows the request that is held."),
    "edit": Order((), "edit", "Changes the held request in $EDITOR."),
    "quit": Order(("q", "exit"), "quit", "Ends the spell and the debugger."),
    "help": Order(("h", "?"), "help [COMMAND]", "Lists the commands, or explains one."),
}
SHORT = {short: name for name, order in ORDERS.items() for short in order.short}
POINT = re.compile(
    r"(?P<place>\S+)"
    r"(?:\s+if\s+(?P<condition>.+?))?"
    r"(?:\s+hits\s+(?P<hit>[%>=\d\s]+?))?"
    r"(?:\s+log\s+(?P<log>.+))?\s*",
    re.S,
)
PLACE = re.compile(r"(?:(?P<file>.+):)?(?P<line>\d{1,9})")


def parse(line: str) -> tuple[str, str]:
    """Returns the full name of a line's command, and what follows it."""
    word, _, rest = line.strip().partition(" ")
    name = SHORT.get(word, word)
    if name not in ORDERS:
        raise InvalidArgument(
            f"there is no command {word!r}",
            hint=did_you_mean(word, ORDERS) or "help lists the commands",
        )
    return name, rest.strip()


def parse_place(text: str) -> tuple[str | None, int]:
    """Returns the file, None for the one that is shown, and the line of a written place."""
    match = PLACE.fullmatch(text.strip())
    if match is None or int(match["line"]) == 0:
        raise InvalidArgument(f"{text!r} is no place; write LINE or FILE:LINE")
    return match["file"], int(match["line"])


def parse_point(text: str, once: bool) -> tuple[str | None, Wanted]:
    """Returns the file and the breakpoint of `[FILE:]LINE [if …] [hits …] [log …]`."""
    match = POINT.fullmatch(text)
    if match is None:
        raise InvalidArgument(f"{text!r} is no breakpoint", hint=ORDERS["break"].usage)
    file, line = parse_place(match["place"])
    hit = (match["hit"] or "").strip()
    if hit and hit_rule(hit) is None:
        raise InvalidArgument(f"{hit!r} is no rule about hits; write 3, >= 3, > 3 or % 3")
    return file, Wanted(line, match["condition"] or "", hit, match["log"] or "", once)


def parse_numbers(text: str, known: list[int]) -> list[int]:
    """Returns the numbers written, all that are known for `all`."""
    words = text.split()
    if words == ["all"]:
        return known
    found = [int(word) for word in words if word.isascii() and word.isdigit()]
    unknown = [word for word in words if not word.isdigit() or int(word) not in known]
    if not words or unknown:
        raise InvalidArgument(f"there is no number {unknown[0]}" if unknown else "which number?")
    return found


def parse_count(text: str) -> int:
    """Returns a count, 1 where none is written."""
    if not text:
        return 1
    if not text.isascii() or not text.isdigit():
        raise InvalidArgument(f"{text!r} is not a number")
    return int(text)


def explain(name: str) -> str:
    """Returns the help of a command, or of all."""
    if not name:
        width = max(len(order.usage.split(" ")[0]) for order in ORDERS.values()) + 12
        lines = []
        for full, order in ORDERS.items():
            names = ", ".join((full, *order.short))
            lines.append(f"  {names:{width}}{order.help.partition('. ')[0].rstrip('.')}.")
        return "\n".join([*lines, "An empty line repeats the last command."])
    full = parse(name)[0]
    order = ORDERS[full]
    also = f"\nShort: {', '.join(order.short)}" if order.short else ""
    return f"{order.usage}\n{order.help}{also}"
