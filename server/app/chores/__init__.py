"""The task engine of a workspace: what it runs, what starts that, and who is told."""
