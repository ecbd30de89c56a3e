"""What is wrong in a lake, read from Dagster's runs and the store, and told to routes."""
