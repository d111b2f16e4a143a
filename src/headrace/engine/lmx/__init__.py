"""LMX, Loops' markup for emails: read strictly, checked, rendered to HTML and to plain text. Pure."""
