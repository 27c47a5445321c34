"""The llmspell program: commands, configuration, output."""
