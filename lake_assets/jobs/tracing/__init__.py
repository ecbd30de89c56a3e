"""From a gold row to its line in a file, and back."""
