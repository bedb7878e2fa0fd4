"""Tools that are wanted and not there: what is said of them, and how they come."""
