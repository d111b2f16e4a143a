"""Benchmarks: ratios of one run on one machine. `make bench` runs the gateway's; docs/how-to/measure.md names them all."""
