"""The llmspell program: commands, configuration, output."""

__version__ = "0.1.0"
