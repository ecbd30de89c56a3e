"""`python -m lake_assets_tests.crash`: a line for each store and scenario."""

import sys

from lake_assets_tests.crash.report import main

if __name__ == "__main__":
    sys.exit(main())
