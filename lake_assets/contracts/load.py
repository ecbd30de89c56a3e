"""Read a lake's ``defs.yaml``, with errors that point at the line."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from lake_assets.contracts.errors import ContractError
from lake_assets.contracts.format import TAGS
from lake_assets.contracts.lake import Lake

DEFS = Path(__file__).parents[1] / "defs"
"""Where the lakes of this package are, each in a folder of its name."""


def load_lakes(defs: Path = DEFS) -> list[Lake]:
    """The contracts of all lakes in a folder, by their names.

    Raises:
        ContractError: as `load_lake`, for the first that is wrong.
    """
    return [load_lake(path) for path in sorted(defs.glob("*/defs.yaml"))]


def load_lake(path: Path) -> Lake:
    """Read and validate the ``attributes`` of a lake's YAML file.

    Raises:
        ContractError: with one sentence a mistake: ``file:line: where: what; what to do``.
    """
    try:
        text = path.read_text("utf-8")
        document = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise ContractError(f"cannot read the contract {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(document, dict) or "attributes" not in document:
        raise ContractError(f"{path}:1: expected the keys `type` and `attributes` at the top")
    try:
        return Lake.model_validate(document["attributes"])
    except ValidationError as error:
        sentences = [
            f"{path}:{_line(root, ('attributes', *place))}: "
            f"{'.'.join(map(str, place)) or 'lake'}: {_sentence(mistake)}"
            for mistake in error.errors()
            for place in [_place(mistake["loc"])]
        ]
        raise ContractError("\n".join(sentences)) from error


def _place(steps: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Where a mistake is, without the kind of format that Pydantic adds to it."""
    return tuple(
        step
        for above, step in zip((None, *steps), steps, strict=False)
        if not (above == "format" and step in TAGS)
    )


def _line(node: yaml.Node | None, path: tuple[Any, ...]) -> int:
    """The line (from 1) of the deepest part of ``path`` that the file has."""
    line = node.start_mark.line + 1 if node else 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == step), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _sentence(mistake: Any) -> str:
    match mistake["type"]:
        case "extra_forbidden":
            return "there is no such key; remove it or mend its spelling"
        case "missing":
            return "this key is required; add it"
        case "value_error":
            return str(mistake["ctx"]["error"])
        case _:
            return f"{mistake['msg']}; found {mistake['input']!r}"
