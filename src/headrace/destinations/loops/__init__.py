"""Destination type `loops`: contacts and events at Loops, or at anything that speaks its API."""
