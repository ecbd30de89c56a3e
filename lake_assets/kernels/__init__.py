"""Pure functions over bytes and Polars frames. No I/O, no clock, no loop over rows.

The way of a file through this folder: ``encoding`` and ``header`` make its ``layout``; ``cuts``
divides it into pieces; ``lines`` -> ``records`` -> ``cells`` -> ``values`` -> ``rows`` turn a piece
into typed good rows and reject records; ``gold`` makes a date's table.
``inference`` is for files that have no contract yet.
"""
