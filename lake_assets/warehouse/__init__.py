"""Warehouses that read a lake's published snapshots, and nothing else of it."""
