"""Gold tables as they stand: which files of a date count, and what a snapshot consists of."""
