"""How work is to be done, as its definitions say, and what can be said of that."""
