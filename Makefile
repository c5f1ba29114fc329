# Two commands do everything: `make demo` and `make test`. Both set themselves up.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: install demo test test-slow lint docs bench brian2-suite clean

install: $(VENV)/.installed

demo: $(VENV)/.installed
	$(BIN)/bioplaus demo

test: $(VENV)/.installed-test lint
	$(BIN)/python -m pytest -n 2 -m "not slow and not cython"

test-slow: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n 2 -m "slow or cython" --timeout 3600

lint: $(VENV)/.installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

docs: $(VENV)/.installed-docs
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

clean:
	rm -rf build dist docs/_build docs/gallery .pytest_cache .ruff_cache .mypy_cache .import_linter_cache

# The virtual environment and what is installed in it; made anew only when the metadata changes.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-test: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,sweep,viewer,nwb,analysis]'
	touch $(VENV)/.installed $@

$(VENV)/.installed-docs: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[docs,sweep,viewer,nwb]'
	touch $(VENV)/.installed $@

