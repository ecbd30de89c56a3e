"""How fast, and in how much memory: ours beside what an engineer would write by hand."""
