"""Places where environments run."""
