"""Programs that are called with files: ours, and those that are declared in the settings."""
