"""What is kept on disk: one SQLite database per workspace, in the user's state folder."""
