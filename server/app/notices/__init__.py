"""What is told of the chores, to whom, and through which channel."""
