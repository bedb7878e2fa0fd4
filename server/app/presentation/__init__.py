"""What is known as data and words, the same for every front. Pure."""
