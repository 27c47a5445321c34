"""Measures the speeds that docs promise, as ratios against a baseline in the same run."""
