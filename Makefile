# Two commands do everything: `make demo` and `make test`. Both set themselves up.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
# A hundred processes of the tests import the same packages, which are compiled once, also where the
# shell asks Python to keep no byte code (as images of containers do): 1.7 for 4.9 CPU seconds each.
unexport PYTHONDONTWRITEBYTECODE

# The newest Python and Brian2 that are supported, in an environment of their own.
NEWER_PYTHON ?= python3.13

.PHONY: install demo test test-fast test-slow test-newer lint docs bench brian2-suite brian2-examples clean

install: $(VENV)/.installed

demo: $(VENV)/.installed
	$(BIN)/bioplaus demo

# What is written and what it does are checked side by side.
test: $(VENV)/.installed-test
	$(MAKE) --jobs 2 lint test-fast

# Kernels of models are compiled in three quarters of the time where they are hardly optimised; they
# are kept apart from those of runs, which would find and take them.
test-fast: $(VENV)/.installed-test
	NUMBA_OPT=1 NUMBA_CACHE_DIR=$(CURDIR)/.pytest_cache/numba \
	  $(BIN)/python -m pytest -n 2 -m "not slow and not cython"

test-slow: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n 2 -m "slow or cython" --timeout 3600
	$(MAKE) test-newer

test-newer:
	$(MAKE) VENV=.venv-newer PYTHON=$(NEWER_PYTHON) .venv-newer/.installed-test
	.venv-newer/bin/python -m pytest -n 2 -m "not slow and not cython" tests/engine

lint: $(VENV)/.installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	# Types and import contracts are checked on the tree as it is installed, where models/ and
	# experiments/ stand inside the package.
	rm -rf build/installed
	$(BIN)/python -c 'from setuptools import setup; setup()' --quiet build_py --build-lib build/installed
	cd build/installed && $(abspath $(BIN))/mypy --config-file ../../setup.cfg --cache-dir ../../.mypy_cache
	cd build/installed && $(abspath $(BIN))/lint-imports --no-logo --config ../../setup.cfg

docs: $(VENV)/.installed-docs
	$(BIN)/python docs/make_gallery.py
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

# Slow evidence about the engine and about tracked scripts, kept under docs/results/.
bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.reentry
	$(BIN)/python -m benchmarks.scale --fraction 0.1
	$(BIN)/python -m benchmarks.scale --fraction 0.3
	$(BIN)/python -m benchmarks.scale --balanced 5000
	$(BIN)/python -m benchmarks.synapses
	$(BIN)/python -m benchmarks.plastic
	$(BIN)/python -m benchmarks.mathematics
	$(BIN)/python -m benchmarks.compile_time
	$(BIN)/python -m benchmarks.goals
	PYTHONHASHSEED=0 $(BIN)/python -m benchmarks.script_overhead
	PYTHONHASHSEED=0 $(BIN)/python -m benchmarks.script_steps
	$(BIN)/python -m benchmarks.script_kills

brian2-suite: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks.brian2_suite

# EXAMPLES is the folder `examples` of Brian2's source distribution.
brian2-examples: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks.brian2_examples $(EXAMPLES)
	PYTHONHASHSEED=0 $(BIN)/python -m benchmarks.script_examples $(EXAMPLES)

clean:
	rm -rf build dist docs/_build docs/gallery .pytest_cache .ruff_cache .mypy_cache .import_linter_cache

# The virtual environment and what is installed in it; made anew only when the metadata changes.
# The pip that comes with Python may be years old and take twice as long as the newest one.  What is
# imported is compiled then: to compile all that is installed takes as long as installing it.
PIP_OPTIONS := --quiet --quiet --disable-pip-version-check --no-compile
PIP_INSTALL := $(BIN)/pip install $(PIP_OPTIONS) --editable

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install $(PIP_OPTIONS) --upgrade pip

$(VENV)/.installed: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(PIP_INSTALL) '.[sweep]'
	touch $@

$(VENV)/.installed-test: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(PIP_INSTALL) '.[test,sweep,nwb,analysis]'
	touch $(VENV)/.installed $@

$(VENV)/.installed-bench: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(PIP_INSTALL) '.[test,bench]'
	touch $(VENV)/.installed $@

$(VENV)/.installed-docs: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(PIP_INSTALL) '.[docs,sweep,nwb]'
	touch $(VENV)/.installed $@
