"""From the log of what was done to patterns."""
