"""Events: their definitions and the Event Log."""
