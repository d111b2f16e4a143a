"""Workflows of the engine: graph, runner, API."""
