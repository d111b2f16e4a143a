"""Contacts, their properties and mailing lists."""
