"""Where time goes: in the engine, by its spans, and in a program of the user's, by samples."""
