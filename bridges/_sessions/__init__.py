"""Sessions: named groups of runs and of what they keep."""
