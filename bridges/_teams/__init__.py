"""Teams: agents that work on one input together."""
