# Workbench: `make help` lists what there is. Nothing here needs root.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# What a caller may set: make demo BIND=127.0.0.1:9000 HOME_DIR=/srv/workbench
PYTHON ?= python3
HOME_DIR ?= workbench-home
BIND ?= 127.0.0.1:8000
WORKERS ?= 2
PYTEST_ARGS ?=
UPGRADE ?=
NEMO_RL ?=

# An environment that is active, or settings meant for another one, must not lead pip elsewhere.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := .venv/bin
PY := $(BIN)/python
# Twice quiet: errors are shown, and nothing else.
INSTALL := -m pip install --quiet --quiet --no-input
INSTALL_LOCKED := $(INSTALL) --require-hashes
INSTALL_PRODUCT := $(INSTALL) --no-deps --no-build-isolation --editable .

RUNTIME := .venv/.runtime-installed
TESTING := .venv/.testing-installed
TRAINERS := .venv-trainers/.installed
STEPWISE := .venv-trainers-stepwise/.installed
READERS := .venv-trainers-readers/.installed
AUDIT := .venv-audit/.installed
UV := .venv-lock/bin/uv

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- run it ---------------------------------------------------------------------------------

.PHONY: demo
demo: $(RUNTIME) ## run it with real sample data on http://localhost:8000 (BIND, HOME_DIR)
	@WORKBENCH_HOME="$(HOME_DIR)" exec $(BIN)/workbench demo --bind "$(BIND)"

# --- test it --------------------------------------------------------------------------------

# Thousands of small databases, each written to disk for certain: where there is memory to spare they
# live there, and go with the run. WORKBENCH_TEST_DISK=1 keeps them on disk.
define IN_MEMORY
if [ -z "$${WORKBENCH_TEST_DISK:-}" ] && [ -w /dev/shm ] \
	&& [ "$$(df -Pk /dev/shm | awk 'NR == 2 {print $$4}')" -gt 4000000 ]; then \
	TMPDIR=$$(mktemp -d /dev/shm/workbench-test.XXXXXX); chmod 711 "$$TMPDIR"; export TMPDIR; \
	trap 'rm -rf "$$TMPDIR"' EXIT; \
fi;
endef

.PHONY: test
test: $(TESTING) machinery lint types ## everything: ruff, mypy, all tests with Chromium and PostgreSQL
	@echo "Testing with $(WORKERS) workers ..."
	@$(IN_MEMORY) $(PY) -m pytest -q -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

# What the tests drive and pip cannot bring.
.PHONY: machinery
machinery: $(TESTING)
	@$(PY) -m tests.support.chromium
	@$(PY) -m tests.support.postgres

.PHONY: lint
lint: $(TESTING) ## ruff: rules and layout
	@echo "Linting ..."
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "make format puts the layout right."; exit 1; }

.PHONY: types
types: $(TESTING) ## mypy, strict on workbench/
	@echo "Checking types ..."
	@$(BIN)/mypy --no-error-summary

.PHONY: format
format: $(TESTING) ## put the layout and what ruff can mend right
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

.PHONY: bench
bench: $(TESTING) ## the figures promised in the documentation, on this machine
	@$(PY) -m tests.bench

.PHONY: faults
faults: $(TESTING) ## kill, lock, fill and cut off a served Workbench at work: a table of what was lost
	@$(PY) -m tests.support.postgres
	@$(PY) -m tests.faults

.PHONY: load
load: $(TESTING) ## 500 reviewers for ten minutes, the ceiling and growth, on both databases (50 minutes)
	@$(PY) -m tests.support.postgres
	@$(PY) -m tests.load

.PHONY: screenshots
screenshots: $(TESTING) ## the README's pictures, and every state of the desk into build/screenshots
	@$(PY) -m tests.support.chromium
	@$(PY) -m tests.browser.screenshots

.PHONY: docs
docs: $(TESTING) ## run the pages of docs/ that are made of code, and write what it prints below it
	@$(PY) -W error -m tests.support.notebook docs/statistics.md

.PHONY: trainers
trainers: trainers-stepwise trainers-readers $(TRAINERS) ## export, then train on the files with TRL and read them with other trainers (about 6 GB)
	@echo "Training ..."
	@.venv-trainers/bin/python tests/trainers/train.py build/trainers

.PHONY: trainers-stepwise
trainers-stepwise: training-files $(STEPWISE)
	@echo "Training on steps ..."
	@.venv-trainers-stepwise/bin/python tests/trainers/train_stepwise.py build/trainers

# NEMO_RL=FOLDER, a checkout of NVIDIA-NeMo/RL, which is on no registry, has its reader run too.
.PHONY: trainers-readers
trainers-readers: training-files $(READERS)
	@echo "Reading with other trainers ..."
	@NEMO_RL="$(NEMO_RL)" .venv-trainers-readers/bin/python tests/trainers/read.py build/trainers

.PHONY: training-files
training-files: $(RUNTIME)
	@echo "Writing training files ..."
	@$(PY) -m tests.trainers.make_files build/trainers

# --- look after it --------------------------------------------------------------------------

CATALOGS := workbench/translations
POT := build/messages.pot

.PHONY: catalog
catalog: $(TESTING) ## collect the sentences and compile the catalogs es and en
	@mkdir -p build
	@$(BIN)/pybabel --quiet extract -F pyproject.toml -k _ -k N_ -k ngettext:1,2 -k Message -k at:2 -k Conflict -k Forbidden -k NotFound \
		--add-location file --width 100 --project workbench -o $(POT) .
	@for language in es en; do \
		$(BIN)/pybabel --quiet update -i $(POT) -d $(CATALOGS) -l $$language \
			--init-missing --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 100; \
	done
	@$(BIN)/pybabel compile -d $(CATALOGS) --statistics

LOCK := $(UV) pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	$(if $(filter all,$(UPGRADE)),--upgrade,$(if $(UPGRADE),--upgrade-package $(UPGRADE)))

.PHONY: lock
lock: $(UV) ## lock the dependencies again (UPGRADE=all or UPGRADE=flask takes newer versions)
	@echo "Locking ..."
	@$(LOCK) pyproject.toml --group build -o requirements.lock
	@$(LOCK) pyproject.toml --group build --group test -c requirements.lock -o requirements-test.lock
	@$(LOCK) --group audit -o requirements-audit.lock
	@$(LOCK) tests/trainers/requirements.txt --excludes <(echo torch) -o requirements-trainers.lock
	@$(LOCK) tests/trainers/requirements-stepwise.txt --excludes <(echo torch) -o requirements-trainers-stepwise.lock
	@$(LOCK) tests/trainers/requirements-readers.txt --excludes <(echo torch) -o requirements-trainers-readers.lock
	@$(LOCK) tests/trainers/requirements-readers-alone.txt --no-deps -o requirements-trainers-readers-alone.lock

# --- look for holes -------------------------------------------------------------------------

.PHONY: sbom
sbom: $(AUDIT) ## what the product is made of, as CycloneDX in build/sbom.json
	@mkdir -p build
	@.venv-audit/bin/cyclonedx-py requirements requirements.lock --output-reproducible -o build/sbom.json

.PHONY: audit
audit: $(AUDIT) ## ask for known holes in what is locked; fails where there is no answer
	@.venv-audit/bin/pip-audit --strict --disable-pip --no-deps -r requirements.lock
	@.venv-audit/bin/pip-audit --strict --disable-pip --no-deps -r requirements-test.lock

.PHONY: fuzz
fuzz: $(TESTING) ## twenty thousand nearly sound files and every form: the server never fails (4 minutes)
	@$(IN_MEMORY) WORKBENCH_FUZZ=250 $(PY) -m pytest -q -n $(WORKERS) --dist worksteal tests/fuzz

.PHONY: clean
clean: ## remove environments, caches and what was built; data stays
	rm -rf .venv .venv-lock .venv-audit .venv-trainers .venv-trainers-stepwise .venv-trainers-readers build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find workbench tests sample_tasks -name __pycache__ -type d -prune -exec rm -rf {} +

# --- environments ---------------------------------------------------------------------------

define make-environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Workbench needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) -V 2>&1 || true)." >&2; \
		echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@echo "Creating $(1) ..."
	@$(PYTHON) -m venv --clear $(1) || { \
		echo "Python could not make an environment. On Debian: apt install python3-venv" >&2; exit 1; }
endef

$(PY):
	$(call make-environment,.venv)

$(RUNTIME): requirements.lock pyproject.toml | $(PY)
	@echo "Installing what Workbench needs (about half a minute the first time) ..."
	@$(PY) $(INSTALL_LOCKED) -r requirements.lock
	@$(PY) $(INSTALL_PRODUCT)
	@touch $@

$(TESTING): requirements-test.lock pyproject.toml | $(PY)
	@echo "Installing what the tests need (about a minute the first time) ..."
	@$(PY) $(INSTALL_LOCKED) -r requirements-test.lock
	@$(PY) $(INSTALL_PRODUCT)
	@touch $@ $(RUNTIME)

# An environment (1) of trainers, by what is asked for (2) and its locks (3). torch is named by its
# version alone: which build of it a machine takes is that machine's choice, and the builds have
# different files. The rest is locked.
define install-trainers
	$(call make-environment,$(1))
	@echo "Installing the trainers (a few minutes) ..."
	@$(1)/bin/python $(INSTALL) $$(grep '^torch==' $(2))
	@$(1)/bin/python $(INSTALL_LOCKED) --no-deps $(addprefix -r ,$(3))
	@touch $@
endef

$(TRAINERS): requirements-trainers.lock tests/trainers/requirements.txt
	$(call install-trainers,.venv-trainers,tests/trainers/requirements.txt,$<)

$(STEPWISE): requirements-trainers-stepwise.lock tests/trainers/requirements-stepwise.txt
	$(call install-trainers,.venv-trainers-stepwise,tests/trainers/requirements-stepwise.txt,$<)

$(READERS): requirements-trainers-readers.lock requirements-trainers-readers-alone.lock tests/trainers/requirements-readers.txt
	$(call install-trainers,.venv-trainers-readers,tests/trainers/requirements-readers.txt,$(filter %.lock,$^))

$(AUDIT): requirements-audit.lock
	$(call make-environment,.venv-audit)
	@.venv-audit/bin/python $(INSTALL_LOCKED) -r $<
	@touch $@

$(UV):
	$(call make-environment,.venv-lock)
	@.venv-lock/bin/python $(INSTALL) uv==0.13.9
