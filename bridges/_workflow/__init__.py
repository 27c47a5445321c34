"""Workflows: what they are, how they are read, how they run, how they are drawn."""
