"""One module per tool. ``table.ANALYZERS`` lists them; ``docs/adding-an-analyzer.md`` tells how."""
