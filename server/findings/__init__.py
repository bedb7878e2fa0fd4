"""What several tools say, made one: families of rules, merging, places that follow edits. Pure."""
