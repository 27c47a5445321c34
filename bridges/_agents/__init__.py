"""Agents: what they are, how they are made of options, and what hooks see of their runs."""
