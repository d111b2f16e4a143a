"""Step 7: the Loops-compatible engine, "Loops (built-in)" in the console."""
