# 连心桥. `make help` lists what can be done here; nothing but python3.11, make and git is needed to begin.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3.11
BIN := .venv/bin
RUN := $(BIN)/python

# uv installs in seconds; where its wheel does not run, pip does the same from the same hashes.
install_lock = $(BIN)/uv pip install --compile-bytecode --python $(RUN) --require-hashes --no-deps -r $(1) \
	|| $(BIN)/pip install --require-hashes --no-deps --progress-bar on -r $(1)

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/installed  ## Show two synthetic counties: the brief in the terminal, then pages to open (ARGS=--no-serve, ARGS=--reset)
	@$(BIN)/lianxin demo $(ARGS)

install: .venv/installed  ## Install what is needed to run, so that .venv/bin/lianxin works

test: .venv/installed-dev  ## Run every test, on SQLite and PostgreSQL and in the browser; say what could not run, and why
	@$(RUN) -m tests.everything $(ARGS)

check: .venv/installed-dev  ## Style, types, layers, security and contracts
	@$(MAKE) --no-print-directory --jobs=2 --output-sync check-types check-all-else

check-types: .venv/installed-dev  # as long as all else together, so beside it
	@$(BIN)/mypy

check-all-else: .venv/installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --quiet --lint lianxin
	@$(BIN)/lint-imports
	@$(BIN)/bandit -q -c pyproject.toml -r lianxin 2> >(grep -v 'nosec encountered' >&2)
	@$(RUN) -m pytest -q tests/contracts

bench: .venv/installed-dev  ## Measure speed
	@$(RUN) -m benchmarks $(ARGS)

pictures: .venv/installed-dev  ## Take the pictures of the READMEs (needs Chromium)
	@$(RUN) -m tests.browser.pictures $(ARGS)

trust: .venv/installed-dev  ## Cut the power and kill workers at length; figures go to TRUST.md (ARGS='--cuts 3000 --kills 200')
	@$(RUN) -m tests.crash $(ARGS)

lock: .venv/installer  ## Renew the lock files from pyproject.toml (names, versions and hashes; no addresses)
	@rm -f requirements.lock.new
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --all-extras pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --all-extras --group dev \
		-c requirements.lock pyproject.toml -o requirements-dev.lock
	@printf 'uv\nsetuptools>=77\n' | $(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header - -o requirements-installer.lock

.venv/installer: requirements-installer.lock
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found. Install Python 3.11, or name another: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version) …" >&2
	@$(PYTHON) -m venv .venv || { echo "$(PYTHON) cannot make a virtual environment. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-installer.lock
	@touch $@

.venv/installed: requirements.lock pyproject.toml | .venv/installer
	@echo "Installing what it needs to run …" >&2
	@$(call install_lock,requirements.lock)
	@$(BIN)/pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	@$(RUN) -m compileall -q lianxin  # every command starts seconds sooner, also where Python may not keep what it compiles
	@touch $@

.venv/installed-dev: requirements-dev.lock | .venv/installed
	@echo "Installing what it needs to be tested …" >&2
	@$(call install_lock,requirements-dev.lock)
	@touch $@

.PHONY: help demo install test check check-types check-all-else bench pictures trust lock
