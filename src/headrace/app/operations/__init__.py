"""What commands ask for: of the running instance over HTTP, or of the files themselves when none runs."""
