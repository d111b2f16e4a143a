"""Runs every benchmark."""

from benchmarks import gateway

gateway.main()
