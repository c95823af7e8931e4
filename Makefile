# What can be done here; each target sets up what it needs. ARGS is passed on: make demo ARGS=--json
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n 2 --no-loadscope-reorder
CHECKED := tests/unit $(wildcard tests/contract) tests/test_tidy.py tests/test_supply.py
SBOM := dist/sbom.json
BENCHES := loop append intake push replay rules timers

.PHONY: help setup run test drills check demo bench contracts sbom audit clean
DRILLED := tests/integration/drills tests/integration/ops/test_drills.py tests/integration/overload tests/fuzz tests/e2e/test_fuzzed.py
.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE  # without byte code kept, every start of a service compiles for seconds

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1: \2/p' Makefile

setup: ## build or renew .venv from uv.lock
	@command -v $(PYTHON) > /dev/null || { echo 'hotline: Python is missing: install Python 3.11 or newer.' >&2; exit 1; }
	@$(PYTHON) hotline/dev/setup.py

run: setup ## broker, store, the five services and a sample city, until Ctrl-C
	@$(BIN)/hotline run $(ARGS)

test: setup ## all tests, on a real broker and a real store, in two processes
	@$(PYTEST) $(ARGS)

drills: setup ## the long forms: 20 kills of each service, brokers and store lost, 1 to 3 to 1 replicas, overload, a million inputs
	@DRILLS=long OVERLOAD_S=120 FUZZ_INPUTS=1000000 FUZZ_S=60 \
		$(BIN)/python -m pytest $(DRILLED) $(ARGS)

check: setup ## format, lint, types, unit and contract tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/buf lint proto
	@for image in $(wildcard proto/*.binpb); do $(BIN)/buf breaking proto --against $$image || exit 1; done
	@$(PYTEST) $(wildcard $(CHECKED)) $(ARGS)

demo: setup ## 2,000 real tickets through the whole loop, counted
	@$(BIN)/hotline demo $(ARGS)

bench: setup ## the figures of the README
	@for name in $(BENCHES); do $(BIN)/hotline bench $$name $(ARGS) || exit 1; done

contracts: setup ## renew what is generated from proto/ and code: messages, AsyncAPI, OpenAPI, settings, roles, Kubernetes
	@$(BIN)/buf lint proto
	@for part in generate asyncapi openapi settings roles kubernetes; do $(BIN)/python -m hotline.contracts.$$part || exit 1; done

sbom: setup ## the list of the parts that we ship, as CycloneDX
	@mkdir -p $(dir $(SBOM))
	@$(BIN)/uv export --format cyclonedx1.5 --frozen --no-default-groups -q -o $(SBOM) > /dev/null
	@echo "$(SBOM)"

audit: setup ## known weaknesses of those parts; skipped in words where the data is out of reach
	@$(BIN)/python -m hotline.ops.audit

clean: ## remove what the other targets made, the sample city's data too
	@! { [ -f .run/lock ] && command -v flock > /dev/null && ! flock -n .run/lock true; } || \
		{ echo 'hotline: The city in .run is running: stop it first (Ctrl-C where it was started).' >&2; exit 1; }
	@rm -rf .venv .run .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
