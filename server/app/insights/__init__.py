"""What is seen of work, for fronts: read in its own time."""
"""What is told of how work goes, made of what is kept; in its own time."""
"""What insights are read from, and who asks for them."""
