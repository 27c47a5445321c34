"""Script engines: one folder per language, and what every language shares."""
