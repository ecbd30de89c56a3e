"""What goes wrong in a warehouse."""


class WarehouseError(Exception):
    """A warehouse cannot be loaded; the message says why, and what to do."""
