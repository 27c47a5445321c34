"""Sends the warnings of pydantic-ai and the SDKs to the run's log instead of standard error."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

from bridges._log import Log

MODULES = r"(pydantic_ai|openai|anthropic|google\.genai|bridges\._llm)(\.|$)"
FOLDERS = ("/pydantic_ai/", "/openai/", "/anthropic/", "/google/genai/", "/bridges/_llm/")
"""Where warnings come from that are meant here, as modules and as parts of file names."""

_lock = threading.Lock()
_logs: list[Log] = []
_saved: list[tuple[Any, Callable[..., None]]] = []


def listen(log: Log) -> Callable[[], None]:
    """Sends the warnings to a log until the returned function is called; the newest log gets them.

    `warnings.catch_warnings` would not do: what it restores, and when, is wrong among tasks.
    """
    with _lock:
        if not _logs:
            _install()
        _logs.append(log)

    def stop() -> None:
        with _lock:
            _logs.remove(log)
            if not _logs:
                _remove()

    return stop


def _install() -> None:
    show = warnings.showwarning
    warnings.filterwarnings("always", module=MODULES)
    _saved.append((warnings.filters[0], show))

    def shown(message: Any, category: Any, filename: str, *rest: Any, **more: Any) -> None:
        path = filename.replace("\\", "/")
        if _logs and any(folder in path for folder in FOLDERS):
            _logs[-1].write("debug", f"{category.__name__}: {message}")
        else:
            show(message, category, filename, *rest, **more)

    warnings.showwarning = shown


def _remove() -> None:
    added, show = _saved.pop()
    if added in warnings.filters:
        warnings.filters.remove(added)  # type: ignore[attr-defined]
    warnings.showwarning = show
