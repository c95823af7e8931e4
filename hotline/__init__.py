"""Hotline: an event-sourced backend for a city's unified government service line."""

__version__ = "0.1.0"
