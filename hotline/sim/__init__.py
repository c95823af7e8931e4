"""Simulated people: channels that post matters, units that handle them, citizens who answer."""
