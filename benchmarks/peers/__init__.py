"""The same work, done with other tools."""
