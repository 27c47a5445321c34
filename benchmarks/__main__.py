"""Prints the table of speeds: `python -m benchmarks`, from the repository.

Start-up is measured on whatever is installed beside this Python: make that a normal installation
(`pip install '.[dev]'`), since an editable one starts more slowly.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import crossing, models, orchestration, startup, workbench
from benchmarks.timing import Row


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each, best counts")
    choices = ["startup", "crossing", "models", "workbench", "orchestration"]
    parser.add_argument("--only", choices=choices)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts: dict[str, Callable[[], Iterable[Row]]] = {
            "startup": lambda: startup.rows(folder, options.rounds * 3),
            "crossing": lambda: crossing.rows(max(2, options.rounds // 2)),
            "models": lambda: models.rows(folder, max(2, options.rounds // 2)),
            "workbench": lambda: workbench.rows(folder, max(2, options.rounds // 2)),
            "orchestration": lambda: orchestration.rows(folder, max(2, options.rounds // 2)),
        }
        print("| what | measured | budget | |\n|---|---|---|---|")
        for part, measure in parts.items():
            if options.only in (None, part):
                for row in measure():
                    mark = "" if row.kept else "over"
                    print(f"| {row.what} | {row.measured} | {row.budget} | {mark} |", flush=True)


main()
