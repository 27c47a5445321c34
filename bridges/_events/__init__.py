"""Events: what happens in a run, kept for a while and handed to a spell's handlers."""
