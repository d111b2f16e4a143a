"""Step 2: the durable, ordered log of accepted events; written by the gateway, read by cursor."""
