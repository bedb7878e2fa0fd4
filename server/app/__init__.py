"""The core: what happens when something happens. It would be the same without an editor."""
