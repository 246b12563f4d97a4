# Every target does its own set-up: a clone, make and Python 3.12 or newer are enough.

PYTEST = .venv/bin/pytest
# A test that hangs ends the run and shows where, instead of holding it for good.
NO_HANG = -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true

.DEFAULT_GOAL := help
.PHONY: help setup demo test slow attack conformance clients inspector inspector-apps apps-bridge claude-code bundle wheel site \
	check format-check lint types imports spelling format lock records

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: ## Make .venv as the lock says; done by every other target
	@script/setup

demo: setup ## Call the installed server through a real client and show what an agent reads
	.venv/bin/jax-workbench demo

test: setup ## Run the tests, without those that take minutes
	$(PYTEST) $(NO_HANG) -m "not slow" $(ARGS)

slow: setup ## Run the tests that take minutes
	$(PYTEST) -m slow $(ARGS)

attack: setup ## Send the hostile programs into the sandbox
	$(PYTEST) -m attack $(ARGS)

conformance: setup ## Run the MCP conformance suite against the server; takes it from npm
	script/conformance

clients: setup ## Call every tool through the TypeScript clients; takes them from npm
	script/typescript-clients

apps-bridge: setup ## Show every recorded answer in a host of the Apps extension's own bridge; takes it from npm
	script/apps-bridge

inspector: setup ## List and call every tool with the inspector's command line; takes it from npm
	script/inspector

inspector-apps: setup ## Open the page of answers in the inspector's web client; takes it from npm
	script/inspector-apps

claude-code: setup ## Let Claude Code call every tool, offline; takes it from npm
	script/claude-code

bundle: setup ## Pack an MCPB bundle, start it as a host would and call it; takes mcpb from npm
	script/bundle

wheel: setup ## Install the wheel unpinned into a fresh environment and use it
	$(PYTEST) tests/test_wheel.py $(ARGS)

site: ## Build the documentation's site into site/; takes mkdocs from the index
	script/site

# Each check says what it found even where another failed: make --keep-going check
check: format-check lint types imports spelling ## Check format, lint, types, imports and spelling

format-check: setup
	.venv/bin/ruff format --check

lint: setup
	.venv/bin/ruff check

types: setup
	.venv/bin/pyright

imports: setup
	.venv/bin/lint-imports --no-logo

spelling: setup
	.venv/bin/codespell

format: setup ## Format the code and mend what ruff can mend
	.venv/bin/ruff check --fix-only --quiet
	.venv/bin/ruff format

lock: setup ## Write both locks anew; ARGS=--upgrade moves to the newest versions
	script/lock $(ARGS)

records: setup ## Write the records anew that tests compare with; read the diff
	$(PYTEST) -m "not slow" -k record --update-records $(ARGS)
