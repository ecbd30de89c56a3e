"""Any bytes at all: what must hold of every input, and a fuzzer that looks for what breaks it."""
