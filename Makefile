# make run: set up, then load data/landing and build everything. make test: set up, then all tests. See README.md.
PYTHON ?= $(notdir $(firstword $(foreach v,3.11 3.12 3.13,$(shell command -v python$(v))) python3.11))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup run test ui bench lock clean

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 to 3.13, or say make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

setup: $(READY)

run: setup
	$(BIN)/shop run

test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

ui: setup
	$(BIN)/shop ui

bench: setup
	$(BIN)/python benchmarks/similarity.py
	$(BIN)/python benchmarks/factors.py
	$(BIN)/python benchmarks/landing.py
	$(BIN)/python benchmarks/online_retail.py
	$(BIN)/python benchmarks/simulated.py
	$(BIN)/python benchmarks/rules.py --simulate 1000000 --support 0.001 --confidence 0.2
	$(BIN)/python benchmarks/forecast.py --simulate 1000 --season 7 --horizon 28
	$(BIN)/python benchmarks/stock.py
	$(BIN)/python benchmarks/elasticity.py

# Needs uv, a pip tool; the lock file holds versions and hashes for Python 3.11 to 3.13, and no index address.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras --extra dev --extra bench pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info
