"""Sources of events, and the rules that map events to tasks."""
