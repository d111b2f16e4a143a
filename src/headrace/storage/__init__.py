"""Implementations of the rooms' ports, one folder a technology."""
