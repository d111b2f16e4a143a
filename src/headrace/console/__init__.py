"""Step 8: the control API, login and the built pages of frontend/."""
