"""The project's tests: which runners it has, what to run, what came of it, what a change affects.

Values and pure functions; what they say to run is run by the engine, in trusted workspaces only.
"""
