"""What could be changed in workflows: why, what it would gain, and what it did."""
