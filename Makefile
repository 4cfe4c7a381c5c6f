# The two commands of the README: `make demo` and `make test`. Both start from Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Rooms whose own tests must reach the share of lines that pyproject.toml names (fail_under).
MEASURED := network job formulas trace

.PHONY: demo test minutes audit lock locked plain-wheel-twice wheel wheel-twice test-levels format changelog torture test-pages test-frameworks test-oldest test-versions benchmark clean
demo: $(VENV)/installed
	$(BIN)/clearprop train examples/data/diamonds.parquet --target price --log-target --output build/diamonds.clearprop --force
	$(BIN)/clearprop predict build/diamonds.clearprop examples/data/diamonds.parquet --rows 5

test: $(VENV)/installed-for-tests
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/ruff format --check src tests benchmarks examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n auto $(MEASURED:%=tests/%) $(MEASURED:%=src/clearprop/%) $(MEASURED:%=--cov=clearprop.%) \
		--cov-report=term-missing:skip-covered
	OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n auto $(MEASURED:%=--ignore=tests/%) $(MEASURED:%=--ignore=src/clearprop/%)

# How many minutes each group of tests takes: the table of CONTRIBUTING.md.
minutes: $(VENV)/installed-for-tests
	OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -q -n auto --junitxml=build/tests.xml
	$(BIN)/python tools/minutes.py build/tests.xml

# A wheel with the kernels of every level of x86-64 compiled in, for Linux; needs a C compiler, and some minutes. What is
# in it is printed. The same sources and tools make the same bytes: `make wheel-twice` compares.
wheel: $(VENV)/installed-for-tests
	$(PIP) install hatchling
	CLEARPROP_BUILD_KERNELS=1 SOURCE_DATE_EPOCH=1700000000 $(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	$(BIN)/python tools/list_wheel.py dist
	$(PIP) install auditwheel && $(BIN)/auditwheel show dist/clearprop-*_$$(uname -m).whl

# The wheel without kernels, made twice and compared, and what its bill of materials says.
plain-wheel-twice: $(VENV)/installed
	$(PIP) install "hatchling>=1.28"
	rm -rf build/once build/twice
	for place in once twice; do \
		SOURCE_DATE_EPOCH=1700000000 $(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir build/$$place . || exit 1; \
	done
	cmp build/once/clearprop-*.whl build/twice/clearprop-*.whl
	$(BIN)/python -m zipfile -l build/once/clearprop-*.whl | grep sboms

# .ci/locked.txt anew: the newest libraries that pyproject.toml admits, each file of them by its hash.
lock: $(VENV)/bin/python
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet pyproject.toml --extra arrays --extra cli --extra compiler --extra excel --extra images --extra keras \
		--group test --group browser --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate \
		--output-file build/locked.txt
	{ head -1 .ci/locked.txt; cat build/locked.txt; } > build/whole.txt && mv build/whole.txt .ci/locked.txt

# What .ci/locked.txt names, and nothing else; where no file of it fits this machine, `make test` installs as pyproject.toml says.
locked: $(VENV)/bin/python
	$(PIP) install --require-hashes --requirement .ci/locked.txt
	$(PIP) install --no-deps --editable .
	touch $(VENV)/installed $(VENV)/installed-for-tests

# What is publicly known against the locked libraries; needs the network.
audit: $(VENV)/bin/python
	$(PIP) install pip-audit
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement .ci/locked.txt

wheel-twice: wheel
	cp dist/clearprop-*.whl build/
	rm -rf build/objects build/kernels
	$(MAKE) wheel
	cmp dist/clearprop-*.whl build/clearprop-*.whl

# The conformance suite with the libraries of a wheel, at each level that this machine offers.
BUILT := src/clearprop/engines/compiled/built
test-levels: wheel
	mkdir -p $(BUILT) && cp build/kernels/* $(BUILT)/
	for level in $$($(BIN)/python -c 'from clearprop.engines.compiled.compiler import levels; print(*levels.offered())'); do \
		CLEARPROP_LEVEL=$$level OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -q tests/engines/test_conformance.py tests/engines/test_same_bits.py || { rm -r $(BUILT); exit 1; }; \
	done
	rm -r $(BUILT)

# Layout and order of imports, as `make test` wants them.
format: $(VENV)/installed-for-tests
	$(BIN)/ruff check --fix --select I src tests benchmarks examples
	$(BIN)/ruff format src tests benchmarks examples

# What changed for users, from the files in changes/, at the head of CHANGELOG.md under this version.
changelog: $(VENV)/installed
	$(PIP) install --group release
	$(BIN)/towncrier build --yes --version $$($(BIN)/python -c 'import clearprop; print(clearprop.__version__)')

# The long forms of tests: tens of thousands of random tables, millions of spoilt inputs, every attack. It takes hours, and ends with a
# table of the figures that were reached.
torture: $(VENV)/installed-for-tests
	$(PIP) install --group fuzz || echo "atheris is not to be had here: inputs are spoilt at random"
	OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n auto -m torture -o faulthandler_timeout=0

# Every door once with the oldest libraries that pyproject.toml admits, and with the newest on every Python that is here.
test-versions: test-oldest
	for found in $$($(PYTHON) tools/pythons.py); do \
		venv=.venv-$${found%%=*}; \
		$(MAKE) VENV=$$venv PYTHON=$${found#*=} $$venv/installed-for-tests && \
		OPENBLAS_NUM_THREADS=1 $$venv/bin/pytest -q tests/test_doors.py || exit 1; \
	done

# Beside PyTorch, Keras, ONNX Runtime and skl2onnx, in an environment of their own. Which build of PyTorch is taken, pip's own
# settings say: PIP_EXTRA_INDEX_URL can name where its builds for CPUs lie, which are small.
test-frameworks: .venv-frameworks/installed
	OPENBLAS_NUM_THREADS=1 KERAS_BACKEND=torch .venv-frameworks/bin/pytest -q tests/frameworks tests/engines/torch
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 .venv-frameworks/bin/pytest -q -n auto tests/engines/test_conformance.py \
		-k "torch and (not replayed or (float64 and (setting or rule or diverg or zero)))"

.venv-frameworks/installed: pyproject.toml
	$(MAKE) VENV=.venv-frameworks .venv-frameworks/bin/python
	.venv-frameworks/bin/python -m pip install --quiet --editable ".[cli,compiler,keras,torch]" \
		--group test --group frameworks
	touch $@

# Every page of the explanations and of the lab in Chromium: measured at three widths and on paper, and what axe-core finds; some minutes.
test-pages: $(VENV)/installed-for-tests
	CLEARPROP_EVERY_PAGE=1 $(BIN)/pytest tests/explain/test_pages.py $(wildcard tests/lab/test_pa[gn]*.py)

test-oldest:
	$(MAKE) VENV=.venv-oldest .venv-oldest/bin/python
	.venv-oldest/bin/python -m pip --quiet install uv
	.venv-oldest/bin/python tools/oldest.py > .venv-oldest/oldest.txt
	.venv-oldest/bin/uv pip install --quiet --python .venv-oldest/bin/python --constraint .venv-oldest/oldest.txt \
		--editable ".[arrays,cli,compiler]" --group test
	OPENBLAS_NUM_THREADS=1 .venv-oldest/bin/pytest -q -W "ignore::pytest.PytestRemovedIn10Warning" tests/test_doors.py

# Beside scikit-learn, and PyTorch and JAX where they are installed into .venv; results go to benchmarks/results/.
benchmark: $(VENV)/installed
	$(BIN)/python benchmarks/kernels.py
	$(BIN)/python benchmarks/peers.py
	$(BIN)/python benchmarks/reference_engine.py
	$(BIN)/python benchmarks/import_time.py
	$(BIN)/python benchmarks/first_fit.py
	$(BIN)/python benchmarks/fits.py
	$(BIN)/python benchmarks/lbfgs.py
	$(BIN)/python benchmarks/one_row.py
	$(BIN)/python benchmarks/exported.py
	$(BIN)/python benchmarks/explaining.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/linear.py
	$(BIN)/python benchmarks/grid_search.py
	$(BIN)/python benchmarks/fashion_mnist.py

clean:
	rm -rf .venv .venv-frameworks .venv-oldest .venv-3.* build dist

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "clearprop needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip>=25.1"

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(PIP) install --editable ".[cli,compiler,lab]"
	touch $@

$(VENV)/installed-for-tests: $(VENV)/installed
	$(PIP) install --group test --group browser
	touch $@
