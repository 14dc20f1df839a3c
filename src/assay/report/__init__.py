"""Core values → text and JSON; pure functions."""
