"""Bringing the history of another system in, in event time."""
