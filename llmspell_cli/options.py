"""Options that several commands share, spelled and documented once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Verbose: TypeAlias = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say more; show Python's traceback of a defect.")
]
Quiet: TypeAlias = Annotated[
    bool, typer.Option("--quiet", "-q", help="Say nothing on standard error but errors.")
]
ConfigFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Use this file instead of llmspell.toml."),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
