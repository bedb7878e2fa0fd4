"""The only HTTP speaker: one page to see it all, on this machine alone."""
