# The two commands of the README: `make demo` and `make test`. Both start from Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test torture test-pages test-oldest benchmark clean
demo: $(VENV)/installed
	$(BIN)/clearprop train examples/data/diamonds.parquet --target price --log-target --output build/diamonds.clearprop --force
	$(BIN)/clearprop predict build/diamonds.clearprop examples/data/diamonds.parquet --rows 5

test: $(VENV)/installed-for-tests
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/ruff format --check src tests benchmarks examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n auto

# The long forms of tests: 20,000 random tables, every attack.
torture: $(VENV)/installed-for-tests
	OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -m torture

# Every page of the explanations in Chromium, every formula's contrast too; takes a quarter of an hour.
test-pages: $(VENV)/installed-for-tests
	CLEARPROP_EVERY_PAGE=1 $(BIN)/pytest tests/explain/test_pages.py

# The same behaviour with the oldest libraries that pyproject.toml admits.
test-oldest:
	$(MAKE) VENV=.venv-oldest .venv-oldest/installed-for-tests
	.venv-oldest/bin/python -m pip --quiet install "scikit-learn==1.7.*" "numpy==2.0.*" "scipy==1.13.*"
	OPENBLAS_NUM_THREADS=1 .venv-oldest/bin/pytest -n auto -W "ignore::pytest.PytestRemovedIn10Warning" \
		tests/estimators tests/engines tests/formulas tests/network tests/training tests/files tests/tables

# Beside scikit-learn, and PyTorch and JAX where they are installed into .venv; results go to benchmarks/results/.
benchmark: $(VENV)/installed
	$(BIN)/python benchmarks/kernels.py
	$(BIN)/python benchmarks/peers.py
	$(BIN)/python benchmarks/reference_engine.py
	$(BIN)/python benchmarks/import_time.py
	$(BIN)/python benchmarks/first_fit.py
	$(BIN)/python benchmarks/one_row.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/linear.py
	$(BIN)/python benchmarks/grid_search.py
	$(BIN)/python benchmarks/fashion_mnist.py

clean:
	rm -rf .venv .venv-oldest build

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "clearprop needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip>=25.1"

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(PIP) install --editable .
	touch $@

$(VENV)/installed-for-tests: $(VENV)/installed
	$(PIP) install --group test --group browser
	touch $@
