"""What goes wrong in a warehouse."""


class WarehouseError(Exception):
    """A warehouse cannot be loaded; the message says why, and what to do."""


class ColumnMismatch(WarehouseError):
    """A snapshot or a table has other columns than the contract; the message names them."""
