"""Processes that are killed at each of their writes, and many that race: nothing may be lost."""
