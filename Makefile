# Every target that needs the environment runs `setup` first; a second `setup` finds its stamp and does nothing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

MEMBERS := contracts rules chassis services/orders services/billing services/cash services/collections services/disputes console
PACKAGES := $(foreach member,$(MEMBERS),$(member)/o2c_$(notdir $(member)))
BIN := .venv/bin
STAMP := .venv/.o2c-installed
BUS ?= loopback
# more workers than one pay only where the machine has cores to spare: WORKERS=4
WORKERS ?= 0
PYTEST_ARGS ?=
PYTEST := $(BIN)/python -m pytest --numprocesses=$(WORKERS)

# durable-rules is compiled on installation, so an interpreter without its headers does not count as found.
FITS := import ensurepip, os, sys, sysconfig; header = os.path.join(sysconfig.get_paths()["include"], "Python.h"); \
	sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 12) and os.path.exists(header)))

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) ## make .venv with everything in it, once

$(STAMP): constraints.txt $(addsuffix /pyproject.toml,$(MEMBERS))
	@command -v "$${CC:-cc}" >/dev/null || { echo "A C compiler is needed to build durable-rules: install gcc or clang." >&2; exit 1; }
	@if ! $(BIN)/python -c '$(FITS)' 2>/dev/null; then \
		for candidate in $(PYTHON) python3.11 python3.12 python3; do \
			if "$$candidate" -c '$(FITS)' 2>/dev/null; then found="$$candidate"; break; fi; \
		done; \
		if [ -z "$${found:-}" ]; then \
			echo "Python 3.11 or 3.12 with venv and its headers is needed (3.13 is too new for durable-rules); name one with make setup PYTHON=..." >&2; \
			exit 1; \
		fi; \
		"$$found" -m venv --clear .venv; \
	fi
	@awk '/^[a-z]/ {wanted = /^(packaging|setuptools|uv|wheel)==/} wanted' constraints.txt >.venv/builders.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/builders.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-build-isolation --compile-bytecode --requirement constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(addprefix --editable ./,$(MEMBERS))
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

.PHONY: pins
pins: setup ## renew constraints.txt from the members' pyproject.toml and constraints.in (ARGS=--upgrade for newer versions)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		$(addprefix --no-emit-package o2c-,contracts rules chassis) $(ARGS) \
		$(addsuffix /pyproject.toml,$(MEMBERS)) constraints.in --output-file constraints.txt

.PHONY: check
check: setup ## format, lint, types, import contracts, tidy and the fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports
	$(PYTEST) -q -m "not kafka and not slow" $(PYTEST_ARGS)

.PHONY: fmt
fmt: setup ## put the code into its format and mend what the linter can
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

.PHONY: test
test: setup ## the whole suite; REQUIRE_KAFKA=1 fails where a real Kafka is missing instead of skipping
	$(PYTEST) $(PYTEST_ARGS)

.PHONY: prove
prove: setup ## the long forms: a million facts against every executor, every seeded fault, ten thousand facts per shipped table
	$(PYTEST) -m prove $(PYTEST_ARGS)

.PHONY: demo
demo: setup ## a sample company's fifteen months through the five services, in simulated time
	$(BIN)/o2c demo

.PHONY: up
up: setup ## the platform in real time, BUS=loopback or BUS=kafka; Ctrl-C stops it
	$(BIN)/o2c up --bus $(BUS)

.PHONY: kafka
kafka: setup ## start a real Kafka on the local JVM (Java 17 and Maven), or show the running one
	$(BIN)/python -m o2c_console.local_kafka start

.PHONY: kafka-stop
kafka-stop: setup ## stop it
	$(BIN)/python -m o2c_console.local_kafka stop

.PHONY: bench
bench: setup ## events per second beside a raw ceiling and a naive peer, on real Kafka and PostgreSQL
	$(BIN)/python tests/bench/path.py

.PHONY: bench-backtest
bench-backtest: setup ## a candidate over a million recorded decisions on two cores
	$(BIN)/python tests/bench/backtest.py

.PHONY: bench-rules
bench-rules: setup ## decisions per second of the rules beside four peers, at 10 to 5,000 rows, on one core
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-build-isolation --requirement tests/bench/requirements.txt
	$(BIN)/python tests/bench/rules.py $(ARGS)

.PHONY: schemas
schemas: setup ## write contracts/schemas and the AsyncAPI document anew from the events
	$(BIN)/o2c schemas

.PHONY: sop
sop: setup ## write docs/sop anew from the shipped tables
	$(BIN)/o2c rules docs --rules shipped

.PHONY: event-map
event-map: setup ## write docs/event-map.md anew: who tells, who hears
	$(BIN)/o2c event-map

.PHONY: clean
clean: ## remove what targets made: environment, local servers' data, caches
	@if [ -x $(BIN)/python ]; then \
		$(BIN)/python -m o2c_console.local_kafka stop; \
		$(BIN)/python -m o2c_console.local_postgres stop $$(find .local -name passwords.json -exec dirname {} \; 2>/dev/null); \
	fi
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
