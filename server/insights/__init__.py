"""What can be told of how work goes: read-only views of what is kept, which is pure."""
