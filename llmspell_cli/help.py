"""A command: its usage in plain words, its options under headings, one mistake it explains."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand


class Command(TyperCommand):
    """A command whose options stand under the heading their `rich_help_panel` names.

    Typer itself does that only where rich, which is slow to load, draws the help.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Reads the arguments; a security profile that is given to `--profile` is refused."""
        if any("--security" in parameter.opts for parameter in self.params):
            _check_profile(ctx, args)
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Returns the words of the usage line; what must be given stands without braces."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes arguments and options, in sections."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
            title = getattr(parameter, "rich_help_panel", None) or usual
            sections.setdefault(title, []).append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def _check_profile(ctx: Any, words: list[str]) -> None:
    """Refuses `--profile NAME`: it would measure, and run the spell with more rights than asked."""
    if "--" in words:
        words = words[: words.index("--")]
    for word, after in zip(words, [*words, ""][1:], strict=True):
        name = word.partition("=")[2]
        if word == "--profile":
            from bridges._permissions import PROFILES

            name = after if after in PROFILES else ""
        if name and word.partition("=")[0] == "--profile":
            raise typer.BadParameter(
                f"it measures where the time goes; to choose a security profile: --security={name}",
                ctx=ctx,
                param_hint="--profile",
            )
