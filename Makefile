# One command each: `make demo` sets up and runs the main job, `make check` is the daily command.
# The lines are the README's; nothing here does what they do not.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo check test lint types docs samples knowledge bench fuzz clean

$(BIN)/auditor: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -e '.[test]'
	@touch $@

demo: $(BIN)/auditor
	$(BIN)/auditor audit sample_apks/tego-drifted.apk -d declarations/tego.yaml --format text -o html=reports/tego-drifted.html || test $$? -eq 1
	@echo "The report is reports/tego-drifted.html"

check: lint types docs test

lint: $(BIN)/auditor
	$(BIN)/ruff check .

types: $(BIN)/auditor
	$(BIN)/mypy

docs: $(BIN)/auditor
	$(BIN)/python -m auditor.knowledge --check
	$(BIN)/python docs/generate.py --check

test: $(BIN)/auditor
	$(BIN)/python -m pytest

# The next three write what is checked in; `make check` compares.
samples: $(BIN)/auditor
	$(BIN)/python -m tests.forge.samples

knowledge: $(BIN)/auditor
	$(BIN)/python -m auditor.knowledge
	$(BIN)/python docs/generate.py

bench: $(BIN)/auditor
	$(BIN)/python benchmarks/audit.py

# Every reader in turn, SECONDS each (an hour in all, unless said): ends with 1 where one fell.
SECONDS ?= 120
fuzz: $(BIN)/auditor
	$(BIN)/pip install -q -e '.[test,fuzz]'
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .fuzz
