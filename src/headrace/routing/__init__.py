"""Step 3: which destinations get an event, and in which lanes its delivery stands."""
