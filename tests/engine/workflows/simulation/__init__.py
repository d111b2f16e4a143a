"""Workflows on virtual time, from seeds: people, clocks that jump, pauses, power cuts between and inside steps."""
