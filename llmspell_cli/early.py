"""Starts the worker before anything else, where the command line tells which one will be needed.

The worker boots while the program loads. A guess that proves wrong costs one process, no more.
"""

from __future__ import annotations

from engines._process import Worker

# Only the endings: looking into files is the business of whoever runs the spell.
SUFFIXES = {".lua": "lua", ".js": "javascript", ".mjs": "javascript"}

_started: Worker | None = None


def start(argv: list[str]) -> None:
    """Starts a worker when `argv` (with the program's name) plainly runs a spell."""
    global _started
    words = argv[1:]
    if words[:1] == ["run"]:
        words = words[1:]
    elif not words or language_of(words[0]) is None:
        return
    if "--help" in words or any(word.startswith("--watch") for word in words):
        return
    language = next((known for word in words if (known := language_of(word))), None)
    if language:
        try:
            _started = Worker.start(language)
        except OSError:
            # The run itself will try again, and say what is wrong.
            _started = None


def language_of(word: str) -> str | None:
    """Returns the language that a file's ending tells, or None."""
    return SUFFIXES.get(word[word.rfind(".") :]) if "." in word else None


def take(language: str) -> Worker:
    """Returns a worker for a language: the one started early, or a new one."""
    global _started
    worker, _started = _started, None
    if worker is not None:
        if worker.language == language:
            return worker
        worker.end()
    return Worker.start(language)


def drop() -> None:
    """Ends a worker that was started early and not taken."""
    global _started
    if _started is not None:
        _started.end()
        _started = None
