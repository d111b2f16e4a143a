"""Step 4: lanes, pace, retries and outcomes: pure decisions and one thin loop."""
