"""Pure functions over bytes and Polars frames. No I/O, no clock, no loop over rows.

The way of a file through this folder: ``decoding`` makes lines of text of its bytes, ``parsing``
makes texts by contract column of its lines, ``values`` types them, ``recovery`` looks again at what
came out damaged. ``rows`` judges each row, ``block`` does it all for many pieces of files at once,
``rejects`` and ``accounting`` say what became of them, ``gold`` makes a date's table.
``inference`` is for files that have no contract yet.
"""
