"""Housekeeping of the worker: what takes too much room ends, and what nobody needs any more goes."""
