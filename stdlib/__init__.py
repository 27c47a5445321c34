"""Script modules on top of the host API, and the tables and stubs generated from it."""
