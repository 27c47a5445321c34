"""Handing a conversation over: what may be handed to whom, and the runs that do it."""
