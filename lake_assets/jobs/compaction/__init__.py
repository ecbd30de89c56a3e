"""Step 3, processed/ -> gold/: dates whose rows changed, whatever their size."""
