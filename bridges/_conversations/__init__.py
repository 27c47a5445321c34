"""Conversations: their messages, what they say to models, how they are kept and written."""
