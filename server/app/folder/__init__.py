"""The workspace folders: their settings and trust, and what is known of all files on disk."""
