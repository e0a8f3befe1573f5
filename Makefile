# xTrader: the two commands of every day are `make run` and `make test`.
#
#   make run            a running exchange with a demo market  (PORT=8000 DATA=./data DEMO=1 COMPILE=1)
#   make test           every test this machine can run, but for the long ones
#   make proofs         the long ones: journeys, real processes ill-treated under load, canaries that must be caught
#   make journeys       of these, people in a browser
#   make test-python    of these, what pytest runs  (ARGS=tests/exchange/engine)
#   make test-compiled  the core's tests once more, on its compiled build
#   make test-frontend  types and tests of the page
#   make check          lint, types, layers, migrations
#   make audit          a scan for secrets, and known faults of the pinned packages
#   make format         what ruff can mend by itself
#   make compile        the engine's core through a C compiler: the same, some times faster. `make run` does this
#                       too, in the background
#   make bench          what this machine does per second, in under ten minutes
#   make bench-full     growth, flame graphs and ten million fills as well
#   make coverage       every branch of the core, by the scripted tests alone
#   make equal          the core and the one before records over the same commands  (COMMANDS=1000000)
#   make mutants        the product broken in known ways, each of which a test must notice  (COUNT=6)
#   make attack         every case that was once found by attacking a running exchange, and how each stands
#   make drill         each part of a running venue broken in turn; how soon metrics, health, log and alert say so
#   make crash          power cuts, failing disks and kills, for as long as one likes  (MINUTES=5 SEED=n)
#   make lives          payouts and deposits before a counterparty that lies, by a job that is killed  (ROUNDS=150)
#   make rush           a hundred acts at once that exceed a balance, over every way in, with kills among them
#                       (ROUNDS=20 SEED=n KILLS=0.5)
#   make contracts      write what is made of the API's schemas: types of page and clients, a reference
#   make wheel          the engine by itself, to install elsewhere (docs/embedding.md)
#   make rooms          draw docs/images/rooms.svg from the imports
#   make setup          what `make run` needs: .venv, pinned packages, the built page
#   make setup-dev      also what `make test` and `make check` need
#   make clean          remove all of that, and builds and caches; the data folder stays

PORT ?= 8000
HOST ?= 127.0.0.1
DATA ?= $(CURDIR)/data
DEMO ?= 1
# Files of tests run side by side; JOBS=0: one after the other.
JOBS ?= 2

# The first interpreter that answers and is new enough; PYTHON=... overrides it.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
VENV := .venv/bin
# With a file of variables (XTRADER_ENV_FILE) the defaults of above are not ours to give.
unless_in_file = $(if $(and $(XTRADER_ENV_FILE),$(filter file,$(origin $(1)))),,$(1)="$($(1))")

.DEFAULT_GOAL := help
.PHONY: help run setup setup-dev test test-python test-compiled test-frontend check audit contracts coverage compile \
	proofs journeys attack crash drill lives rush mutants bench bench-full wheel rooms format clean equal

# What holds the core to its rules: these run on its Python sources and on its compiled build.
CORE_TESTS := tests/exchange/engine tests/replays tests/crash/test_replay.py tests/exchange/journal/test_sequencer.py \
	tests/exchange/link/test_follower.py
# Those that come along a branch by chance: what they reach does not count as reached.
BY_CHANCE := fuzz machine trailing_streams determinism naive simple_orders builds canaries equality

help:
	@sed -n 's/^#   //p' Makefile

setup:
	@$(if $(PYTHON),,echo "xTrader needs Python 3.11 or newer; none was found" >&2; exit 1;) \
	$(PYTHON) tools/bootstrap.py

setup-dev:
	@$(if $(PYTHON),,echo "xTrader needs Python 3.11 or newer; none was found" >&2; exit 1;) \
	$(PYTHON) tools/bootstrap.py --dev

run: setup
	@$(foreach name,DATA DEMO HOST PORT,$(call unless_in_file,$(name))) \
	exec $(VENV)/python manage.py up --with-parent

test: test-python test-compiled test-frontend

test-python: setup-dev
	$(VENV)/python -m pytest -m "not proof and not journey" -n $(JOBS) --dist loadfile $(ARGS)

proofs: setup-dev
	$(VENV)/python -m pytest -m "proof or journey" -n $(JOBS) --dist loadfile $(ARGS)

journeys: setup-dev
	$(VENV)/python -m pytest -m journey -n $(JOBS) --dist loadfile $(ARGS)

# Its commands and events go as records, which the Python sources' tests do without. Without anything to compile
# with (status 3) there is nothing to test.
test-compiled: setup-dev
	@$(VENV)/python tools/compile_core.py || { [ $$? = 3 ] && exit 0; exit 1; }; \
	XTRADER_CORE=compiled TEST_CORE_RECORDS=1 $(VENV)/python -m pytest -n $(JOBS) --dist loadfile $(CORE_TESTS)

# The core against the one before records (tests/exchange/engine/reference_core), this many commands.
COMMANDS ?= 1000000
equal: setup-dev
	$(VENV)/python -m tests.exchange.engine.equality $(COMMANDS)

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
	$(VENV)/python tools/bootstrap.py npm run lint
	$(VENV)/python tools/bootstrap.py npm --prefix ../clients/typescript run typecheck
	$(VENV)/python tools/bootstrap.py npm --prefix ../clients/typescript run lint

# A step whose registry has no service of advisories says so.
audit: setup-dev
	$(VENV)/python tools/audit.py

# Fails below 100 % of lines and branches (pyproject.toml).
coverage: setup-dev
	XTRADER_CORE=python $(VENV)/coverage run -m pytest -q tests/exchange/engine $(BY_CHANCE:%=--ignore=tests/exchange/engine/test_%.py)
	$(VENV)/coverage report

# The page's cases first: pytest's table is the last thing on the screen.
attack: setup-dev
	$(VENV)/python tools/bootstrap.py npm test -- --hideSkippedTests --reporter=verbose -t "\(attack"
	$(VENV)/python -m pytest -p tests.plugins.attacks -m attack -n $(JOBS) --dist loadfile $(ARGS)

crash: setup-dev
	$(VENV)/python -m tests.crash --minutes $(or $(MINUTES),5) $(if $(SEED),--seed $(SEED))

drill: setup-dev
	$(VENV)/python -m pytest -q -s -m proof tests/ops/test_drill.py $(ARGS)

lives: setup-dev
	LIVES_ROUNDS=$(or $(ROUNDS),150) $(VENV)/python -m pytest -m proof -n $(JOBS) tests/custody/test_two_ledgers.py $(ARGS)

rush: setup-dev
	$(VENV)/python -m tests.crash.rush --rounds $(or $(ROUNDS),20) --kills $(or $(KILLS),0.5) $(if $(SEED),--seed $(SEED)) $(ARGS)

mutants: setup-dev
	$(VENV)/python tools/mutants.py $(if $(COUNT),--count $(COUNT)) $(ARGS)

compile: setup
	$(VENV)/python tools/compile_core.py

wheel: setup-dev
	$(VENV)/python tools/wheel.py

bench: setup-dev
	$(VENV)/python tools/bootstrap.py bench
	$(VENV)/python -m bench $(ARGS)

bench-full: setup-dev
	$(VENV)/python tools/bootstrap.py bench
	$(VENV)/python -m bench --full $(ARGS)

contracts: setup-dev
	@$(VENV)/python tools/contracts.py

# With any Python: the imports are all it reads.
rooms:
	@$(PYTHON) tools/rooms.py

format: setup-dev
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .
	$(VENV)/python tools/bootstrap.py npm run format
	$(VENV)/python tools/bootstrap.py npm --prefix ../clients/typescript run format

# Leaves the data folder alone: it holds the journal.
clean:
	rm -rf .venv frontend/node_modules frontend/dist clients/typescript/node_modules clients/typescript/dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
