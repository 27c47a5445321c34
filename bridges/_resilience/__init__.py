"""Policies around work that may fail: asynchronous classes that know no script and no model."""
