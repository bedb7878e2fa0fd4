"""The report of what was saved and spent: one outline, told as text, Markdown, HTML and JSON."""
