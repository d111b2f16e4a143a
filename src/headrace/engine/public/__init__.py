"""What recipients of mail reach without logging in: unsubscribe and preference page, open pixel, click redirect."""
