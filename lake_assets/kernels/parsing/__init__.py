"""Lines to texts by contract column: header, records, cells."""
