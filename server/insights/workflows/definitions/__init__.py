"""Workflow definitions of each kind, read into one model. Nothing of them is run."""
