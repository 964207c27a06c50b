# Everything a developer does. Needs make and a Python 3.11 to 3.13 with its venv module; the rest is installed into .venv.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN := .venv/bin
READY := .venv/.ready
ARGS ?=
# One more than there are processors: much of a test is waiting, for a browser, a program or the time.
WORKERS := $(shell n=$$(nproc 2>/dev/null || echo 3); echo $$((n < 3 ? n + 1 : 4)))

# Keep compiled modules, also where the environment says not to: tests start many processes, and each would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo run test check format bench clients messages lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 12

demo: $(READY) ## two simulated pools to look at and to break; sign in as demo, password demo
	@XO_DASH_MAKE=demo $(BIN)/xo-dash serve --demo --data-dir demo-data $(ARGS)

run: $(READY) ## the dashboard itself, with your own pools: make run ARGS="--port 8081"
	@XO_DASH_MAKE=run $(BIN)/xo-dash serve $(ARGS)

test: $(READY) ## all tests; says at its end which were skipped and why
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(READY) ## format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY) ## write the files as `check` wants them
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY) ## measure, and write docs/performance.md
	@$(BIN)/python -m bench $(ARGS)

clients: $(READY) ## other people's XAPI clients, unmodified, against the simulator; installed into build/clients
	@$(BIN)/python -m clients $(ARGS)

messages: $(READY) ## collect the sentences of the program and bring the translations up to date
	@$(BIN)/python -m tests.messages

lock: $(READY) ## resolve the dependencies anew into requirements.lock
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --group dev --upgrade --no-annotate --no-header -o requirements.lock pyproject.toml

clean: ## remove what was built or installed here
	@rm -rf .venv build dist components/console/novnc .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The stamp is newer than what it was made from, so a second run does nothing.
$(READY): requirements.lock pyproject.toml packaging/novnc.py
	@if [ ! -x $(BIN)/python ]; then \
	  for python in python3 python3.13 python3.12 python3.11; do \
	    if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then found=$$python; break; fi; \
	  done; \
	  if [ -z "$${found:-}" ]; then echo "xo-dash needs Python 3.11, 3.12 or 3.13; none was found" >&2; exit 1; fi; \
	  echo "making .venv with $$($$found --version)"; \
	  $$found -m venv .venv || { rm -rf .venv; echo "$$found has no venv module; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	fi
	@echo "installing dependencies into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@
