"""What a person should be told: what is alarming, since when, and until when; told by log, metric, webhook and email."""
