# Everything runs inside $(VENV), by path: nothing has to be activated.
#
#   make test ARGS="-k datasets -x"     passes flags on to pytest
#   make demo PYTHON=python3.12         picks the interpreter that creates the environment

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=

PY      := $(VENV)/bin/python
INSTALL := $(PY) -m pip install -c constraints.txt
RECIPE  := setup.cfg pyproject.toml constraints.txt

# Stamps remember what is installed, so that each set of packages is installed once, and again only
# when a requirement changes.
VENV_STAMP := $(VENV)/.stamp-venv
DEMO_STAMP := $(VENV)/.stamp-demo
TEST_STAMP := $(VENV)/.stamp-test

# An environment of its own: aeon, whose classifiers some benchmarks train, caps what other packages may be.
BENCH       := $(VENV)-bench
BENCH_STAMP := $(BENCH)/.stamp-bench

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint format bench clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(DEMO_STAMP)  ## Generate series with the Trace data set, end to end
	$(PY) examples/trace_pipeline.py

# One thread: the models are tiny, and threads that wait for each other cost more than they give.
test: export OMP_NUM_THREADS = 1
test: $(TEST_STAMP)  ## Run the tests and the docstring examples (flags: ARGS="...")
	$(PY) -m pytest --timeout 300 $(ARGS)

lint: $(TEST_STAMP)  ## Check style and formatting, change nothing
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: $(TEST_STAMP)  ## Repair style and formatting where a tool can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(BENCH_STAMP)  ## Run every benchmark in examples/benchmarks
	@set -e; for script in $(sort $(wildcard examples/benchmarks/*.py)); do \
		echo "== $$script"; $(BENCH)/bin/python "$$script"; \
	done

clean:  ## Remove the environment, caches and build results
	rm -rf $(VENV) $(BENCH) build dist outputs *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

$(VENV_STAMP):
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else \
		f"sklaug needs Python 3.11 or newer, and $(PYTHON) is {v[0]}.{v[1]}. Run: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --upgrade pip
	@touch $@

$(BENCH_STAMP): $(RECIPE)
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install -c constraints.txt -e ".[benchmarks]"
	@touch $@

$(DEMO_STAMP): $(VENV_STAMP) $(RECIPE)
	$(INSTALL) -e ".[examples]"
	@touch $@

$(TEST_STAMP): $(VENV_STAMP) $(RECIPE)
	$(INSTALL) -e ".[test]"
	@touch $@
