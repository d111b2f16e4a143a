"""The wiring: the only room, beside the CLI, that knows everybody."""
