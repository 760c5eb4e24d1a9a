# Every verb works on a bare machine: Python 3.11 or newer and make. The first one makes .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.ready-to-run
DEV := $(VENV)/.ready-to-develop
SEEDS ?= 10
N ?= 32
SECONDS ?= 300
OUT ?= var
SOURCE ?=
DATA ?=
export OPENCV_LOG_LEVEL ?= ERROR

.DEFAULT_GOAL := help
.PHONY: help run up console smoke test-browser test lint format map scenarios cameras clips verify-demo profile models-eval models-bench semireal wheel clean

help: ## Say what each verb does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; call make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "python3 -m venv failed; on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'

$(RUN): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what the product needs (a minute the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[edge,api]'
	@touch $@

$(DEV): pyproject.toml constraints.txt tests/parity/requirements.txt | $(RUN)
	@echo "Installing what tests and linters need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/parity/requirements.txt
	@touch $@

run: $(RUN) ## Find the violations of the simulated street (SOURCE=file-or-rtsp-url: of your camera)
	@$(BIN)/python -m edge run $(if $(SOURCE),--source '$(SOURCE)',--demo) --out $(OUT)/run

console: $(RUN) ## Build the console's pages (Node from the system, or from a package)
	@$(BIN)/python api/console/build.py

test-browser: $(DEV) console ## Drive the console with a real Chromium
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt playwright
	@$(BIN)/python -m pytest tests/browser

up: $(RUN) console ## A centre, a box and simulated cameras; prints the address and logins (SOURCE= as for run)
	@$(BIN)/python docker/demo.py $(if $(SOURCE),--source '$(SOURCE)') --out $(OUT)/up

smoke: $(DEV) ## The whole way once: streets, box, centre, people, case system, proof
	@PYTHONPATH=docker $(BIN)/python -m tests.acceptance.smoke --out $(OUT)/smoke

test: $(DEV) ## Run every test
	@$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

lint: $(DEV) ## Formatting, lint, types, import contracts, test docstrings
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/interrogate --quiet tests

format: $(DEV) ## Format the code and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

map: $(DEV) ## Write the README's map from the tree
	@$(BIN)/python tests/test_layout.py

scenarios: $(RUN) ## Scripted streets end to end through RTSP: precision and recall (SEEDS=10)
	@$(BIN)/python -m tests.scenarios.run --seeds $(SEEDS) --out $(OUT)/scenarios

cameras: $(RUN) ## Many simulated 1080p cameras on one box: judged, skipped, delay, CPU, memory (N=32 SECONDS=300)
	@$(BIN)/python -m tests.scenarios.cameras --cameras $(N) --seconds $(SECONDS) --out $(OUT)/cameras

clips: $(RUN) ## Run over a folder of real clips: DIR=folder OUT=folder
	@test -n "$(DIR)" || { echo "say which folder: make clips DIR=path/to/clips OUT=var" >&2; exit 2; }
	@$(BIN)/python -m edge clips '$(DIR)' --out '$(OUT)/clips'

verify-demo: $(RUN) ## Build an evidence bundle, flip a byte in each file, see each named
	@$(BIN)/python -m tests.acceptance.verify_demo

profile: $(RUN) ## Milliseconds per frame and stage on a 1080p clip
	@$(BIN)/python -m edge profile $(if $(SOURCE),--source '$(SOURCE)') --out $(OUT)/profile

models-eval: $(RUN) ## Figures of the shipped networks on labelled pictures: DATA=folder OUT=folder
	@test -n "$(DATA)" || { echo "say where the pictures are: make models-eval DATA=path/to/data" >&2; exit 2; }
	@$(BIN)/python -m models.evaluate_shipped --data '$(DATA)' --out '$(OUT)/evaluation'

models-bench: $(RUN) ## Milliseconds per stage and peak memory of the shipped networks
	@$(BIN)/python -m models.benchmark

semireal: $(RUN) ## Episodes on real clips with real and made things put in: DATA=folder
	@test -n "$(DATA)" || { echo "say where the clips are: make semireal DATA=path/to/data" >&2; exit 2; }
	@$(BIN)/python -m models.semireal --data '$(DATA)' --out '$(OUT)/semireal'

wheel: $(DEV) ## Build the wheel
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove the environment and everything that was made
	rm -rf $(VENV) build dist var .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
