"""Sources, destinations, connections: what is configured, as values, as YAML and as a store."""
