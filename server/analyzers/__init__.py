"""One package or module per tool; ``table`` lists them (``docs/how-to-add-an-analyzer.md``)."""
