"""The debugger at the terminal: commands in, what happens out."""
