"""Workflows: the graph and its edits (pure), who enters, and the runner that carries each contact through it."""
