"""delivery.db and the attempt files: what routing decided, what delivery made of it, and the journal over both."""
