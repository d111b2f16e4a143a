"""Step 6: what happened: fates, attempts, counts."""
