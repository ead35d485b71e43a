# `make demo` and `make test` need Python 3.11 or newer and nothing else: each installs what it needs into .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-deep mutants verification lint types docs clean

demo: .venv/.library
	$(BIN)/python examples/worm_speakers.py

test: lint types
	$(BIN)/python -m pytest -n auto --dist worksteal

mutants: .venv/.mutants
	$(BIN)/python -m tests.mutation

test-deep: .venv/.test
	$(BIN)/python -m tests.properties.deep

# the table of planted bugs in docs/verification.md, measured anew
verification: .venv/.test
	$(BIN)/python -m tests.properties.planted

lint: .venv/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/.test
	$(BIN)/mypy

docs: .venv/.library
	$(BIN)/python docs/build.py

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "graphnet needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv .venv

.venv/.library: $(BIN)/python setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/.test: $(BIN)/python setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@ .venv/.library

.venv/.mutants: .venv/.test
	$(BIN)/python -m pip install --quiet --editable '.[test,mutants]'
	touch $@
