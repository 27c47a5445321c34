"""What becomes of a run's spans: a file, a collector, a tree to look at."""
