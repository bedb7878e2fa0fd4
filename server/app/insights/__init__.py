"""What is told of how work goes, made of what is kept; in its own time."""
