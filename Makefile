# The commands of the project; `make help` lists them. Everything is written under .venv and CONSOLE_DATA_DIR.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
SOURCES := manage.py catalog_site foundation people audit vault catalog oauth_connect signing gateways dynamic_mcp tests

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check bench conformance test-docker messages screenshots

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with PYTHON=python3.x make …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is needed (Debian: apt install python3-venv)."; exit 1; }

# A stamp holds what was installed: a changed requirements file installs again, nothing else does.
$(VENV)/.run-stamp: requirements.txt requirements-node.txt | $(BIN)/python
	@echo "Setting up .venv (once, about half a minute)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@if ! command -v npx >/dev/null 2>&1; then \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-node.txt; fi
	@touch $@

$(VENV)/.dev-stamp: $(VENV)/.run-stamp requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

setup: $(VENV)/.run-stamp
setup-dev: $(VENV)/.dev-stamp

run: setup ## set everything up and start the console in the foreground
	@exec $(MANAGE) up

# Two passes: what is quick side by side, then what drives a whole console alone on the machine.
test: setup-dev ## run the whole suite; what the machine lacks is skipped and counted
	@rm -f $(VENV)/.tally
	@TEST_TALLY=$(VENV)/.tally $(BIN)/python -m pytest -q -n 2 --dist loadfile --ignore tests/e2e $(TEST_ARGS)
	@TEST_TALLY=$(VENV)/.tally $(BIN)/python -m pytest -q tests/e2e $(TEST_ARGS)
	@cat $(VENV)/.tally

check: setup-dev ## format, lint, types, imports, templates, migrations, translations
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/mypy .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/djlint templates --lint --quiet
	@DJANGO_SETTINGS_MODULE=catalog_site.settings.test $(MANAGE) makemigrations --check --dry-run
	@$(BIN)/python -m tests.support.messages --check

messages: setup-dev ## bring the Japanese catalogue up to date with the texts, and compile it
	@$(BIN)/python -m tests.support.messages

bench: setup-dev ## measure the targets against the direct call, in one interleaved run
	@$(BIN)/python -m tests.bench

screenshots: setup-dev ## take the README's screenshots
	@SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest -q tests/e2e -k journey

conformance: setup-dev ## the OAuth engine in the official suite
	@echo "The OAuth engine is not built in this version; there is nothing to measure yet."; exit 1

test-docker: setup-dev ## the docker runtime with a real engine
	@echo "The docker runtime is not built in this version; there is nothing to test yet."; exit 1
