# Everything happens in a virtual environment in the tree. Needed on the machine: Python 3.11+, pip, make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
BANK ?= inter

.DEFAULT_GOAL := help
.PHONY: help demo test lint types docs docs-serve bench new-bank matrix format clean

help:
	@echo "make demo            the whole life of a boleto against a fake bank on this machine"
	@echo "make test            the whole test suite"
	@echo "make lint            ruff and mypy --strict"
	@echo "make docs            build the documentation into site/"
	@echo "make bench           ratios against named baselines, measured side by side"
	@echo "make matrix          write docs/matrix.md from the banks' capabilities"
	@echo "make new-bank SLUG=acme COMPE=999 NAME='Banco Acme'   a skeleton for a new bank"

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

$(VENV)/.user: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[cli,mocks,pdf]'
	@touch $@

$(VENV)/.dev: $(VENV)/.user pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[cli,mocks,pdf,calendar,redis,fast,otel]' --group test --group lint --group docs
	@touch $@

demo: $(VENV)/.user
	$(BIN)/bankgateway demo --bank $(BANK)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

types: $(VENV)/.dev
	$(BIN)/mypy

docs: $(VENV)/.dev
	$(BIN)/python scripts/build_matrix.py --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs-serve: $(VENV)/.dev
	$(BIN)/mkdocs serve

matrix: $(VENV)/.dev
	$(BIN)/python scripts/build_matrix.py

# The rivals are installed for the comparison only.
$(VENV)/.bench: $(VENV)/.dev benchmarks/constraints.txt
	$(BIN)/python -m pip install --quiet --group bench
	PIP_CONSTRAINT=benchmarks/constraints.txt $(BIN)/python -m pip install --quiet --no-deps pyboleto==0.3.1
	@touch $@

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

new-bank: $(VENV)/.dev
	$(BIN)/python scripts/new_bank.py --slug "$(SLUG)" --compe "$(COMPE)" --name "$(NAME)"

format: $(VENV)/.dev
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

clean:
	rm -rf $(VENV) site dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis demo-output
