# xTrader: the two commands of every day are `make run` and `make test`.
#
#   make run      a running exchange with a demo market  (PORT=8000 DATA=./data DEMO=1)
#   make test     every test this machine can run
#   make check    lint, types, layers, migrations
#   make compile  the engine's core through a C compiler: the same, some times faster
#   make bench    what this machine does per second, in under ten minutes (make bench-full: all of it)
#   make coverage every branch of the core, by the scripted tests alone
#   make crash    power cuts, failing disks and kills, for as long as one likes  (MINUTES=5 SEED=n)

PORT ?= 8000
HOST ?= 127.0.0.1
DATA ?= $(CURDIR)/data
DEMO ?= 1

# The first interpreter that answers and is new enough; PYTHON=... overrides it.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
VENV := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run setup setup-dev test test-python test-compiled test-frontend check coverage compile \
	crash bench bench-full format clean

# What holds the core to its rules: these run on its Python sources and on its compiled build.
CORE_TESTS := tests/engine tests/oracles tests/crash/test_replay.py tests/journal/test_sequencer.py \
	tests/worker/test_follower.py
# Those that come along a branch by chance: what they reach does not count as reached.
BY_CHANCE := fuzz machine trailing_streams determinism naive plain builds canaries

help:
	@sed -n 's/^#   //p' Makefile

setup:
	@$(if $(PYTHON),,echo "xTrader needs Python 3.11 or newer; none was found" >&2; exit 1;) \
	$(PYTHON) tools/bootstrap.py

setup-dev:
	@$(if $(PYTHON),,echo "xTrader needs Python 3.11 or newer; none was found" >&2; exit 1;) \
	$(PYTHON) tools/bootstrap.py --dev

run: setup
	@DATA="$(DATA)" DEMO="$(DEMO)" exec $(VENV)/python manage.py up --host $(HOST) --port $(PORT) --with-parent

test: test-python test-compiled test-frontend

test-python: setup-dev
	$(VENV)/python -m pytest $(ARGS)

# Without a C compiler (status 3) there is nothing to test.
test-compiled: setup-dev
	@$(VENV)/python tools/compile_core.py || { [ $$? = 3 ] && exit 0; exit 1; }; \
	XTRADER_CORE=compiled $(VENV)/python -m pytest $(CORE_TESTS)

test-frontend: setup-dev
	$(VENV)/python tools/bootstrap.py npm run typecheck
	$(VENV)/python tools/bootstrap.py npm test

check: setup-dev
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports --no-cache
	$(VENV)/python manage.py makemigrations --check --dry-run
	$(VENV)/python manage.py check --fail-level WARNING

# Fails below 100 % of lines and branches (pyproject.toml).
coverage: setup-dev
	XTRADER_CORE=python $(VENV)/coverage run -m pytest -q tests/engine $(BY_CHANCE:%=--ignore=tests/engine/test_%.py)
	$(VENV)/coverage report

crash: setup-dev
	$(VENV)/python -m tests.crash --minutes $(or $(MINUTES),5) $(if $(SEED),--seed $(SEED))

compile: setup-dev
	$(VENV)/python tools/compile_core.py

bench: setup-dev
	$(VENV)/python tools/bootstrap.py bench
	$(VENV)/python -m bench $(ARGS)

bench-full: setup-dev
	$(VENV)/python tools/bootstrap.py bench
	$(VENV)/python -m bench --full $(ARGS)

format: setup-dev
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .

# Leaves the data folder alone: it holds the journal.
clean:
	rm -rf .venv frontend/node_modules frontend/dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
