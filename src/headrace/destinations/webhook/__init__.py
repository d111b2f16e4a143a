"""Destination type `webhook`: every event, as JSON, to an address of one's own."""
