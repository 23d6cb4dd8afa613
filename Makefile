# make demo      sets everything up, then shows LFR Kit finding a person in footage
# make test      sets everything up, then runs every check: style, types, tests, notebooks
# make dashboard sets everything up, then opens a demo deployment with three cameras and its dashboards
# make setup     virtual environment in .venv, pinned dependencies, models

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
WORKERS ?= 2
PYTEST = $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --durations=15
NBVAL = --nbval-lax --nbval-current-env --nbval-cell-timeout=300

.PHONY: setup demo dashboard test system_packages lint types unit notebooks tests_and_notebooks lab clean

setup: .venv/.ready
	@$(BIN)/lfr models fetch

.venv/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-compile --constraint constraints.txt --editable '.[test]'
	@touch $@

demo: setup
	$(BIN)/lfr demo --force

dashboard: setup
	$(BIN)/lfr demo --live --out lfr-demo-live --force

test: system_packages lint
	@$(MAKE) --no-print-directory --jobs=2 types tests_and_notebooks

system_packages:
	@sh tests/system_packages.sh

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check lfr_kit tests

types: setup
	$(BIN)/mypy

unit: setup
	$(PYTEST)

notebooks: setup
	$(PYTEST) -p no:cacheprovider $(NBVAL) notebooks

tests_and_notebooks: setup
	$(PYTEST) $(NBVAL) tests lfr_kit notebooks

lab: setup
	$(BIN)/jupyter lab notebooks

clean:
	rm -rf .venv
