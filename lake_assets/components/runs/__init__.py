"""How a step's work is run: its job on an engine, its retries, its metrics."""
