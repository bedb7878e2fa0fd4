"""Attempts to get out of the sandbox."""
