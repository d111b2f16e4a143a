"""Contacts moved in and out: from a file or a Loops account, into a file."""
