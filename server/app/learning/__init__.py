"""What is learned in the open folders, offered there, and run."""
