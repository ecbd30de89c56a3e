"""Regular expressions in a contract: those that Python and the engine's Rust both understand."""

import re

_LOOKS_AROUND = re.compile(r"\(\?(?:[=!>(]|<[=!]|P=)|\\[1-9]")


def check_regex(pattern: str) -> None:
    """Refuse what the engine cannot match.

    Raises:
        ValueError: it is no regular expression, or it looks around or back.
    """
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r}: {error}") from error
    if _LOOKS_AROUND.search(pattern):
        raise ValueError(
            f"{pattern!r} looks around or back, which the engine's regular expressions cannot"
        )
