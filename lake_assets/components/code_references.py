"""Where an asset is written: its contract and its Python function, here or on a Git host."""

import inspect
from pathlib import Path

import dagster as dg

import lake_assets
from lake_assets.settings import load_settings

PROJECT = Path(lake_assets.__file__).parents[1]
"""Links to a Git host are relative to this directory."""


def reference(path: Path, line: int, label: str) -> dg.LocalFileCodeReference | dg.UrlCodeReference:
    """A place in a file; on the Git host of the settings, if the file is part of the project."""
    url = load_settings().git_url
    if url and path.is_relative_to(PROJECT):
        place = path.relative_to(PROJECT).as_posix()
        return dg.UrlCodeReference(url=f"{url.rstrip('/')}/{place}#L{line}", label=label)
    return dg.LocalFileCodeReference(file_path=str(path), line_number=line, label=label)


def with_code(assets: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The same assets with a reference to their function.

    Dagster's own ``with_source_code_references`` names the file of the outermost wrapper, which
    for us is always that of the retries.
    """
    function = inspect.unwrap(assets.op.compute_fn.decorated_fn)  # type: ignore[union-attr]
    code = function.__code__
    found = reference(Path(code.co_filename), code.co_firstlineno, "code")
    references = dg.CodeReferencesMetadataValue(code_references=[found])
    return assets.map_asset_specs(
        lambda spec: spec.merge_attributes(metadata={"dagster/code_references": references})
    )
