"""Open documents: when each is analysed, what is known of it now, and what can be done about it."""
