# Every target sets up what it needs first; nothing has to be installed by hand but Python 3.11+.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test bench bench-long weights weights-check screenshots setup setup-dev lock clean python

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## Set up and run everything on sample data until Ctrl-C; PORT=8000 by default
	@$(BIN)/python -m tools.demo

test: setup-dev ## Set up and run linters, types, content checks and every test
	$(call step,ruff check,$(BIN)/ruff check .)
	$(call step,ruff format,$(BIN)/ruff format --check .)
	$(call step,types,$(BIN)/mypy .)
	$(call step,floors,$(BIN)/lint-imports --no-cache)
	$(call step,flows and content,$(BIN)/flask flows check)
	$(call step,tests,$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder)
	@printf '\nAll steps passed.\n'

bench: setup-dev ## Run the benchmarks; the table is also written under var/bench/
	@$(BIN)/python -m bench

bench-long: setup-dev ## Run the benchmarks of very many reminders; this takes minutes
	@$(BIN)/python -m bench claim backlog --long

weights: setup-dev ## Learn what free words mean anew, after a change of the examples
	@$(BIN)/python -m tools.weights

weights-check: setup-dev ## Learn them anew and say whether those that ship are the same, byte for byte
	@$(BIN)/python -m tools.weights --check

screenshots: setup-dev ## Take the pictures of the coordinators' site anew, into docs/pictures
	@$(BIN)/python -m tools.screenshots

setup: python ## Only the set-up: .venv with the locked dependencies, var/local.env
	@$(PYTHON) -m tools.bootstrap

setup-dev: python
	@$(PYTHON) -m tools.bootstrap --dev

lock: python ## Write the requirements locks from pyproject.toml; UPGRADE=1 takes newer releases
	@$(PYTHON) -m tools.lock $(if $(UPGRADE),--upgrade)

clean: ## Remove .venv and caches; the demo's data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

python:
	@command -v $(PYTHON) >/dev/null || { \
		echo 'Python 3.11 or newer is needed. On Debian: apt-get install python3' >&2; exit 1; }

# $(call step,NAME,COMMAND): say the name, run the command, and stop in plain words if it fails.
define step
	@printf '\n== %s\n' '$(1)'
	@$(2) || { status=$$?; printf '\nStopped: "%s" failed (exit %s): %s\n' \
		'$(1)' $$status '$(2)' >&2; exit 1; }
endef
