# Every target that needs the environment runs `setup` first; a second `setup` finds its stamp and does nothing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

MEMBERS := contracts rules chassis services/orders services/billing services/cash services/collections services/disputes console
PACKAGES := $(foreach member,$(MEMBERS),$(member)/o2c_$(notdir $(member)))
BIN := .venv/bin
STAMP := .venv/.o2c-installed
BUS ?= loopback
PYTEST_ARGS ?=

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
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-build-isolation --requirement constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(addprefix --editable ./,$(MEMBERS))
	@touch $@

.PHONY: pins
pins: setup ## renew constraints.txt from the members' pyproject.toml and constraints.in (ARGS=--upgrade for newer versions)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		$(addprefix --no-emit-package o2c-,contracts rules chassis) $(ARGS) \
		$(addsuffix /pyproject.toml,$(MEMBERS)) constraints.in --output-file constraints.txt
