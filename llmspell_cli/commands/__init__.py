"""The commands, one module each; a command imports what it needs when it runs."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """A command: where it is, so that it is imported when it runs, and what the help lists."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "run": Entry("run", "run", "Run a spell: llmspell run FILE, or just llmspell FILE."),
    "eval": Entry("run", "eval_", "Run code given on the command line."),
    "repl": Entry("repl", "repl", "Evaluate code as you type it."),
    "chat": Entry("chat", "chat", "Talk to a model."),
    "debug": Entry("debug", "debug", "Run a spell step by step."),
    "new": Entry("new", "new", "Write a new spell from a template."),
    "list": Entry("list", "list_spells", "List the spells there are."),
    "check": Entry("check", "check", "Check spells without running them."),
    "state": Entry("state", "app", "Show and change what spells have kept."),
    "trace": Entry("trace", "trace", "Show what a run with --trace has written."),
    "workflow": Entry("workflow", "app", "Run, check and draw workflow files."),
    "tools": Entry("tools", "app", "List, describe and call the built-in tools."),
    "models": Entry("models", "app", "List models; fetch and remove local ones."),
    "session": Entry("session", "app", "List, show, export and remove sessions."),
    "config": Entry("config", "app", "Write, show and check the configuration."),
    "trust": Entry("trust", "trust", "Trust a folder's llmspell.toml as it is now."),
    "types": Entry("types", "types", "Write type stubs for an editor."),
    "info": Entry("info", "info", "Show versions, engines, sandbox, folders, keys."),
}
"""Every command, in the order of the help."""
