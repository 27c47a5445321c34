"""The debugger: one controller of a debugged run, and two front ends, DAP and the terminal."""
