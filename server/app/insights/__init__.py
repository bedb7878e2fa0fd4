"""What is seen of work, for fronts: read in its own time from what is kept."""
