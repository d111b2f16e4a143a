"""Mail that stays here: what the engine would send while no SMTP server is set, and what other programs hand over."""
