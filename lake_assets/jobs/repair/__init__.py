"""What was ingested, read again: recovery, replay, rebuild."""
