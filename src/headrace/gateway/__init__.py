"""Step 1: HTTP in. SDK dialects, write keys, checks, CORS and sourceConfig become accepted events."""
