"""Mail on its way out: what is to be sent, whether it may leave, how it is built, and what became of it."""
