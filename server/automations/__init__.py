"""From what the developer repeats to a script that does it: patterns, automations, trials."""
