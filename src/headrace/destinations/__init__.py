"""Step 5: the catalog of destination types; one folder a type."""
