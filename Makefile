# One door to everything; each target sets up what it needs, once.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
BIN := .venv/bin
RUN := .venv/.run
VENV := .venv/.ready
VSIX := client-vscode/dist/understudy.vsix
EXTENSION := $(shell find client-vscode server -type f -not -path '*/node_modules/*' \
    -not -path '*/dist/*' -not -path '*/wheels/*' -not -name '*.pyc') requirements.lock
PROJECT ?=
ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.PHONY: help setup demo test editors check bench soak vscode vsix screenshots generate lock clean
help: ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/\1|\2/p' Makefile | while IFS='|' read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

setup: $(VENV) ## a .venv with pinned, hashed dependencies, for developing

PIP := $(BIN)/python -m pip install --quiet --require-hashes -r
$(RUN): pyproject.toml requirements.lock requirements-setup.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "'$(PYTHON)' cannot make virtual environments. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 2; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@echo "Installing into .venv what Understudy needs …"
	@$(PIP) requirements-setup.lock -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	@touch $@

$(VENV): $(RUN) requirements-dev.lock
	@echo "Installing into .venv what its development needs …"
	@$(PIP) requirements-dev.lock
	@touch $@

demo: $(RUN) ## the main job on a sample; PROJECT=path looks at your own code
	@$(BIN)/python -m benchmarks.demo $(if $(PROJECT),"$(PROJECT)")

CORPUS := .cache/corpus/.ready
$(CORPUS): tests/core/corpus.lock tests/core/fetch_corpus.py | $(VENV)
	@echo "Fetching the real code that the tests look at …"
	@$(BIN)/python -P tests/core/fetch_corpus.py .cache/corpus
	@touch $@

SCRIPT_RUNNERS := .cache/script-runners/.ready
$(SCRIPT_RUNNERS): tests/core/script_runners/package-lock.json | $(VENV)
	@echo "Installing the runners of JavaScript tests that the tests run …"
	@tests/core/npm_install.sh core/script_runners .cache/script-runners
	@touch $@

ESLINT := .cache/eslint/.ready
$(ESLINT): tests/core/eslint_project/package-lock.json | $(VENV)
	@echo "Installing the ESLint that the tests run, and the code it looks at …"
	@tests/core/npm_install.sh core/eslint_project .cache/eslint
	@touch $@

PAGE := .cache/page/.ready
$(PAGE): tests/dashboard/packages/package-lock.json | $(VENV)
	@echo "Installing what the tests compare the page's scripts with, and check it with …"
	@tests/core/npm_install.sh dashboard/packages .cache/page
	@touch $@

SEMGREP := .cache/semgrep/.ready
$(SEMGREP): server/analyzers/managed/semgrep.lock | $(VENV)
	@echo "Installing the Semgrep that the tests run …"
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r $<
	@touch $@

TESTS := $(BIN)/python -P -m pytest
# What pytest ends with when ARGS leaves it nothing to do.
NONE := 5
# Much of a test is waiting, for a process or for a time to pass: two workers for each processor.
test: $(VENV) ## every test, real editors included
	@$(MAKE) --no-print-directory --jobs=4 --output-sync=line $(VSIX) $(CORPUS) $(SCRIPT_RUNNERS) $(ESLINT) $(SEMGREP) $(PAGE) editors
	@$(TESTS) -m "not soak and not alone" -n $$((2 * $$(nproc))) --dist loadfile --no-loadscope-reorder $(ARGS) || test $$? = $(NONE)
	@$(TESTS) -m "not soak and alone" $(ARGS) || test $$? = $(NONE)

editors: $(VENV)
	@.ci/editors

check: $(VENV) ## style, types, layers, packaging, generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -P -m pytest -q tests/packaging

bench: $(VENV) $(ESLINT) ## side by side with what a user would pick instead
	@$(BIN)/python -m benchmarks.bench $(ARGS)

soak: $(VENV) ## the long forms of the tests
	@$(BIN)/python -P -m pytest -m soak --timeout 3600 $(ARGS)

vscode: $(VSIX) ## the real VS Code in a browser, on the sample project
	@tests/editors/install_vscode.sh
	@$(BIN)/python -m tests.editors.vscode.open $(if $(PROJECT),"$(PROJECT)")

screenshots: $(VSIX) ## the pictures of the README, from the test's own run
	@tests/editors/install_vscode.sh
	@$(BIN)/python -m tests.editors.vscode.screenshots docs/images

vsix: $(VSIX) ## an installable VS Code package with the server inside

$(VSIX): $(EXTENSION) | $(VENV)
	@client-vscode/build.sh

generate: $(VENV) ## files that are made from the settings tree
	@$(BIN)/python -m tests.generate

COMPILE := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
MANAGED := hadolint kingfisher mypy pip-audit pylint semgrep shellcheck ty zizmor
lock: $(VENV) ## newest allowed versions of the dependencies
	@$(BIN)/$(COMPILE) pyproject.toml -o requirements.lock
	@$(BIN)/$(COMPILE) --group setup -o requirements-setup.lock
	@$(BIN)/$(COMPILE) pyproject.toml --group dev -o requirements-dev.lock
	@$(BIN)/$(COMPILE) --group bench -o benchmarks/peers.lock
	@for tool in $(MANAGED); do $(BIN)/$(COMPILE) --only-binary :all: --no-annotate --group tool-$$tool \
	    -o server/analyzers/managed/$$tool.lock; done
	@$(BIN)/$(COMPILE) --group bench-corpus --no-deps -o benchmarks/corpus.lock
	@$(BIN)/$(COMPILE) --group test-corpus --no-deps -o tests/core/corpus.lock

clean: ## everything that was made or downloaded here
	rm -rf .venv .cache build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache \
	    .import_linter_cache client-vscode/node_modules client-vscode/dist client-vscode/wheels
