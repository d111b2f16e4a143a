"""The event log as segment files of compressed blocks."""
