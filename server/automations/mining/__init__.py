"""What repeats in the log: tasks one after the other, and one task for many values. Pure."""
