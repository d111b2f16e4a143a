"""Emails: what they say and who checks it, themes, transactional emails, and the mail that comes of them."""
