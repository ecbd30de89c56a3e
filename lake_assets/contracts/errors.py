"""The one error that a wrong contract raises."""


class ContractError(ValueError):
    """A lake's YAML is wrong. The message names the file, the line and what to do."""
