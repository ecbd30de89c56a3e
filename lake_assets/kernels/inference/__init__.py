"""What files are like that have no contract yet, and a draft of one for them.

``dialect`` (by ``trials`` and ``shapes``) says how a text is written, ``sampled`` makes a table
of it; ``column_types`` and ``date_patterns`` say what its columns hold, ``merge`` brings the
columns of several files together, ``candidates`` finds a key and a partition; ``infer`` puts all
of it into a ``draft``. Nothing on the way of a file into the lake needs any of this.
"""
