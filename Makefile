# Needs only python3 (3.11 or later) and the package registries; scripts/setup sees to the rest.
#   make test ARGS="tests/cli -k deploy"     one part of the tests, with pytest's own arguments

BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help demo test test-all lint format bench fuzz clean

help:
	@echo "make demo      a rolling update under load, with every request counted; leaves the environment running"
	@echo "make test      lint, then the tests (a few minutes)"
	@echo "make test-all  and the full matrices"
	@echo "make lint      ruff and mypy"
	@echo "make format    rewrites the code in the one style"
	@echo "make bench     the measurements"
	@echo "make fuzz      broken input for every reader of a bundle, for ten minutes (SECONDS=60: for one)"
	@echo "make clean     ends the demo and removes what was made, except .venv"

demo: $(BIN)/.installed-load
	@$(BIN)/python scripts/demo.py

test: lint
	$(BIN)/python -m pytest -n 2 -m "not exhaustive" $(ARGS)

test-all: lint
	$(BIN)/python -m pytest -n 2 $(ARGS)

lint: $(BIN)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(BIN)/.installed-test
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

MEASURES := $(filter-out benchmarks/__init__.py benchmarks/load.py,$(wildcard benchmarks/*.py))

bench: $(BIN)/.installed-test
	@set -e; for measure in $(MEASURES); do echo "== $$measure"; $(BIN)/python "$$measure"; done

SECONDS := 600

fuzz: $(BIN)/.installed-test
	$(BIN)/python scripts/fuzz.py --seconds $(SECONDS) $(ARGS)

clean:
	@test ! -d .demo || $(BIN)/python scripts/demo.py --end
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# The stamps: made again when the list of requirements changes.
$(BIN)/.installed-%: setup.cfg pyproject.toml scripts/setup tests/aws_emulator_patches/requirements.txt
	@scripts/setup $*
