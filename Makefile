# The two commands of the README: `make demo` and `make test`. Both start from Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test lint clean
demo: $(VENV)/installed
	$(BIN)/clearprop train examples/data/diamonds.parquet --target price --log-target --output build/diamonds.clearprop --force
	$(BIN)/clearprop predict build/diamonds.clearprop examples/data/diamonds.parquet --rows 5

test: $(VENV)/installed-for-tests
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/ruff format --check src tests benchmarks examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n auto

clean:
	rm -rf $(VENV) build

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "clearprop needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip>=25.1"

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(PIP) install --editable .
	touch $@

$(VENV)/installed-for-tests: $(VENV)/installed
	$(PIP) install --group test
	touch $@
