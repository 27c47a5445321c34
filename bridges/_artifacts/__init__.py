"""Artifacts: what runs make and keep, by name and version."""
