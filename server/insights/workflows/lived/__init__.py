"""How work was really done, as the activity log and the executions tell."""
