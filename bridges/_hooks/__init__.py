"""Hooks: what is asked before and after things are done, and the operations they surround."""
