"""One of several processes that run the pipeline over two lakes, which its arguments name."""

import sys

from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.storage import open_store
from lake_assets_tests.crash.races import LAKE, SHOP, shop_of

if __name__ == "__main__":
    uri, endpoint = sys.argv[1:]
    store = open_store(uri, endpoint=endpoint or None)
    store.check()  # whatever is slow the first time is done
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    run_pipeline(store, LAKE, LocalEngine(2))
    run_pipeline(shop_of(uri, endpoint or None), SHOP, LocalEngine(2))
