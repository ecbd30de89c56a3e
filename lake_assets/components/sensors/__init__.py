"""What starts runs: the listing of raw/, messages of a queue, files of no dataset."""
