"""Loops' API and our own read API beside it, over HTTP: one file a part, one register."""
