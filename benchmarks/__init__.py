"""What is shown: the demo, and comparisons with what a user would pick instead."""
