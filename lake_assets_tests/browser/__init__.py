"""Dagster's own pages over a lake, looked at in a real browser."""
