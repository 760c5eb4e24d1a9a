# Every verb works on a bare machine: Python 3.11 or newer and make. The first one makes .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.ready-to-run
DEV := $(VENV)/.ready-to-develop
SEEDS ?= 10
N ?= 32
SECONDS ?= 300
CANDIDATES ?= 100000
SEED ?= 1
FAULTS ?= 200
OUT ?= var
SOURCE ?=
PORT ?=
LISTEN ?=
DATA ?=
SMALL ?=
TRAIN_VENV := .venv-train
TRAIN_PYTHON ?= $(TRAIN_VENV)/bin/python
# An environment of your own is taken as it is.
TRAIN := $(if $(filter $(TRAIN_VENV)/%,$(TRAIN_PYTHON)),$(TRAIN_VENV)/.ready-to-train)
export OPENCV_LOG_LEVEL ?= ERROR

.DEFAULT_GOAL := help
.PHONY: help run console smoke stack stack-smoke chaos-short chaos test-browser bench-console guide test lint format map scenarios cameras clips verify-demo profile models-eval models-bench models-train training-environment semireal event-schemas measure-review wheel clean

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
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[edge,api]' \
	  || { echo "Installing failed: this once it needs the internet, or a package index that PIP_INDEX_URL names, and 1 GB of disk." >&2; exit 1; }
	@touch $@

$(DEV): pyproject.toml constraints.txt tests/parity/requirements.txt | $(RUN)
	@echo "Installing what tests and linters need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/parity/requirements.txt
	@touch $@

run: $(RUN) console ## The whole product on the simulated street: console, box, cameras (SOURCE=file-or-rtsp-url: yours)
	@$(BIN)/python docker/demo.py $(if $(SOURCE),--source '$(SOURCE)') $(if $(PORT),--port $(PORT)) $(if $(LISTEN),--host $(LISTEN)) --out $(OUT)/run

console: $(RUN) ## Build the console's pages (Node from the system, or from a package)
	@$(BIN)/python api/console/build.py

test-browser: $(DEV) console ## Drive the console with a real Chromium; keeps a picture of every screen
	@$(BIN)/python -m tests.browser.run --out $(OUT)/browser

bench-console: $(DEV) console ## The console against 100,000 candidates: paint, keys, scrolling, sizes (CANDIDATES=100000)
	@$(BIN)/python -m tests.browser.bench_console --count $(CANDIDATES) --folder $(OUT)/bench

guide: $(DEV) console ## Take the pictures of the operator's guide anew
	@$(BIN)/python -m tests.browser.guide

smoke: $(DEV) ## The whole way once: streets, box, centre, people, case system, proof
	@PYTHONPATH=docker $(BIN)/python -m tests.acceptance.smoke --out $(OUT)/smoke

stack: $(DEV) console ## The installed topology without Docker: PostgreSQL, S3, two API processes, two boxes
	@$(BIN)/python docker/stack.py --out $(OUT)/stack

stack-smoke: $(DEV) ## The whole way once on that topology; one API process is killed on the way
	@PYTHONPATH=docker $(BIN)/python -m tests.acceptance.stack_smoke --out $(OUT)/stack-smoke

chaos-short: $(RUN) ## 30 seeded faults at box, centre and network: every candidate arrives once, whole (SEED=1)
	@PYTHONPATH=docker $(BIN)/python -m tests.acceptance.chaos --seed $(SEED) --out $(OUT)/chaos

chaos: $(RUN) ## The same with more faults: FAULTS=200 SEED=1
	@PYTHONPATH=docker $(BIN)/python -m tests.acceptance.chaos --seed $(SEED) --faults $(FAULTS) --out $(OUT)/chaos

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

$(TRAIN_VENV)/.ready-to-train: models/requirements.txt models/requirements-alone.txt constraints.txt
	@echo "Installing what training needs in $(TRAIN_VENV) (1.3 GB on disk, some minutes) ..."
	@$(PYTHON) -m venv $(TRAIN_VENV)
	@$(TRAIN_PYTHON) -m pip install --quiet --disable-pip-version-check -c constraints.txt -r models/requirements.txt \
	  || { echo "No CPU build of torch from this package index? Name one (PIP_EXTRA_INDEX_URL=...)," \
	       "or give an environment that has torch: make models-train TRAIN_PYTHON=path/to/python" >&2; exit 1; }
	@$(TRAIN_PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps -r models/requirements-alone.txt
	@touch $@

training-environment: $(TRAIN) ## The environment of models-train (.venv-train), nothing else

models-train: $(TRAIN) ## The whole training recipe: DATA=folder; SMALL=1 tries it in minutes, without DATA too
	@test -n "$(DATA)$(SMALL)" || { echo "say where the pictures are: make models-train DATA=path/to/data, or SMALL=1" >&2; exit 2; }
	@$(TRAIN_PYTHON) -m models.recipe $(if $(DATA),--data '$(DATA)') $(if $(SMALL),--small) --out '$(OUT)/$(if $(SMALL),training-small,training)'

semireal: $(RUN) ## Episodes on real clips with real and made things put in: DATA=folder
	@test -n "$(DATA)" || { echo "say where the clips are: make semireal DATA=path/to/data" >&2; exit 2; }
	@$(BIN)/python -m models.semireal --data '$(DATA)' --out '$(OUT)/semireal'

event-schemas: $(RUN) ## Write the JSON Schemas of all events into docs/events
	@$(BIN)/python -m api.feed.write_schemas docs/events

measure-review: $(DEV) ## Milliseconds of the review screen's calls with many candidates (CANDIDATES=100000)
	@$(BIN)/python -m tests.api.review.measure --candidates $(CANDIDATES)

wheel: $(DEV) ## Build the wheel
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove the environment and everything that was made
	rm -rf $(VENV) $(TRAIN_VENV) build dist var .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
