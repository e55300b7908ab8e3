# make demo: install and run the mpMRI study on a simulated cohort.   make test: the test suite.
PYTHON ?= python3
TRIAL ?= mpmri
MARK ?= not slow
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test check bench docs serve clean

demo: .venv/installed
	rm -rf demo
	$(BIN)/nodewise demo --trial $(TRIAL) --out demo

test: .venv/developer
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 2 --dist loadfile -m "$(MARK)" $(PYTEST)

check: .venv/developer
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/installed
	$(BIN)/python -m docs.models
	$(BIN)/python -m docs.recovery
	$(BIN)/python -m docs.matching
	$(BIN)/python -m docs.table_statistics
	$(BIN)/python -m docs.statistics_pages

serve: .venv/developer
	test -d demo/study || $(BIN)/nodewise demo --trial $(TRIAL) --out demo
	$(BIN)/nodewise serve demo/study --demo

bench: .venv/developer
	$(BIN)/python -m benchmarks

.venv/installed: pyproject.toml constraints.txt CHANGELOG.md
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(INSTALL) --editable .
	touch $@

.venv/developer: .venv/installed
	$(INSTALL) --group dev
	touch $@

clean:
	rm -rf .venv demo
