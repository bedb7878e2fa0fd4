"""Git hooks: how they stand in a repository, what they check, and what they hand over."""
