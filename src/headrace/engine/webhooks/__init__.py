"""Webhooks out, as Loops sends them: what happened, told to an address, signed, repeated until it is heard."""
