"""Headrace: a product's event stream, brought to Loops."""

__version__ = "0.1.0"
