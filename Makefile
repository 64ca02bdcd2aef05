# Thin calls of `builder`, and the set-up that it needs. `make help` lists the targets.
#
#   make deploy modules=quadbin functions=quadbin_polyfill diff=1 production=1 dry-run=1

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUILDER := $(BIN)/builder
SELECT := $(if $(modules),--modules $(modules)) $(if $(functions),--functions $(functions))
# diff=1: against the last build or deploy; diff=REF: against that commit.
DIFF := $(if $(diff),--diff $(filter-out 1,$(diff)))
PRODUCTION := $(if $(production),--production)
DRY_RUN := $(if $(dry-run),--dry-run)

ifneq ($(filter-out redshift,$(cloud)),)
$(error cloud=$(cloud) is not known, this catalogue deploys to cloud=redshift)
endif

.DEFAULT_GOAL := help
.PHONY: help setup tools venv lock list validate build push plan deploy remove lint lint-fix types test test-unit test-integration \
        bench faults demo clean clean-all

lock: venv  ## requirements.lock, from pyproject.toml
	@$(BIN)/uv pip compile --quiet --all-extras --universal --python-version 3.10 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml

help:  ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: venv  ## a Docker engine and a Python base image, where they are missing
	@scripts/setup-host.sh

venv: $(VENV)/.ready  ## the virtual environment, from requirements.lock

$(VENV)/.ready: requirements.lock pyproject.toml scripts/setup-venv.sh
	@PYTHON="$(PYTHON)" scripts/setup-venv.sh $(VENV)
	@touch $@

list: venv  ## the functions of the catalogue
	@$(BUILDER) list $(SELECT) $(DIFF) $(PRODUCTION)

validate: venv  ## check every function.yaml, handler and requirement
	@$(BUILDER) validate $(PRODUCTION)

build: setup  ## one image per module
	@$(BUILDER) build $(SELECT) $(DIFF) $(PRODUCTION)

push: setup  ## the images to the registry
	@$(BUILDER) push $(SELECT) $(DIFF) $(PRODUCTION)

plan: venv  ## what deploy would do
	@$(BUILDER) plan $(SELECT) $(DIFF) $(PRODUCTION)

deploy: venv  ## Lambdas and SQL functions (modules= functions= diff=1 production=1 dry-run=1)
	@$(BUILDER) deploy $(SELECT) $(DIFF) $(PRODUCTION) $(DRY_RUN)

remove: venv  ## what deploy made, and nothing else
	@$(BUILDER) remove $(SELECT) $(PRODUCTION) $(DRY_RUN)

demo: setup  ## the whole way on this machine: images, local cloud, Lambda, SQL answers
	@scripts/demo.sh

lint: venv  ## ruff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

lint-fix: venv  ## ruff, mending what it can
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

types: venv  ## mypy
	@$(BIN)/mypy

# Files side by side on the cores, and one after the other what asks the engine: its builds and containers fill them alone.
test: setup tools lint types  ## lint, types and every test, those with Docker included
	@$(BIN)/pytest -n auto --dist loadfile -m "not docker and not cloud"
	@$(BIN)/pytest -m "docker or cloud"

tools:
	@scripts/setup-tests.sh

test-unit: venv  ## the tests that need no Docker engine
	@$(BIN)/pytest -n auto --dist loadfile -m "not docker and not cloud"

test-integration: setup tools  ## the tests that need Docker or the local cloud
	@$(BIN)/pytest -m "docker or cloud"

faults: venv  ## let every call of deploy, update and remove fail in every way, and run the same command again
	@PYTHONPATH=.:images/runtime $(BIN)/python -m tests.faults

bench: setup  ## measure (only=dispatch for one row)
	@$(BIN)/python -m tests.benchmarks $(only)

fuzz: venv  ## 100,000 malformed messages and 10,000 mangled statements against the local endpoint
	@$(BIN)/python -m tests.fuzz

clean:  ## what can be made again
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

clean-all: clean  ## that, the local cloud, the image lock, receipts and the virtual environment
	@if [ -x $(BUILDER) ]; then $(BUILDER) local down; fi
	@rm -rf .builder $(VENV)
