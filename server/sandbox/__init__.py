"""Run a command on a copy-on-write view of a workspace, confined, and tell what it would change.

``run`` is the one call. ``policy`` says what the command may do, ``trial`` what came of it;
``probe`` finds out which level of isolation this machine gives. ``stage`` and what it imports run
in a forked child above the command.
"""
