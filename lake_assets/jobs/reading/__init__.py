"""Batches of files, cut into tasks, and what the tasks make of them."""
