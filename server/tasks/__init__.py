"""What can be run for the user: problem matchers, and the project's tests."""
