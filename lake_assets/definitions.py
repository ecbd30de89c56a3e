"""The code location that Dagster loads: every lake in ``defs/``."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """All lakes. Steps of a run share its process: they hand work to threads, not to forks.

    The tree is built from the defs folder alone. ``load_from_defs_folder`` also imports every
    package that registers component types, ``dagster_aws`` among them, which doubles the time to
    load (docs/decisions/0007-load-the-defs-folder-alone.md).
    """
    here = Path(__file__).parent
    with warnings.catch_warnings(), _without_collector():
        # Dagster warns of its own use of its beta and preview features.
        warnings.simplefilter("ignore", dg.BetaWarning)
        warnings.simplefilter("ignore", dg.PreviewWarning)
        tree = dg.ComponentTree.for_project(path_within_project=here)
        lakes = tree.build_defs(here / "defs")
    shared = dg.Definitions(executor=dg.in_process_executor, component_tree=tree)
    return dg.Definitions.merge(lakes, shared)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Definitions stay: to look for garbage among them takes a sixth of the time to load."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
