"""Several models under one name, before any model library is loaded."""
