"""One file a family of SDKs: which paths it uses, and how its bodies are read."""
