"""Telling people: the channels that a notice can go through, and which of them it takes.

A delivery is one attempt (``base.attempt``). That it is tried again, and lost by no crash, is the
business of the durable job around it.
"""
