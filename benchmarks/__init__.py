"""Benchmarks: ratios of one run on one machine. `make bench` runs them all."""
