# Everything a person does here; `make` alone lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help run kafka test demo told bench chaos incident lint format types imports schemas lock clean

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: $(STAMP) ## Run everything in one process, with development keys
	@exec $(BIN)/recourse run --development

kafka: $(STAMP) ## Run a Kafka broker on 127.0.0.1:9092, with Java and Maven
	@exec $(BIN)/python -m tests.kafka_for_people

test: $(STAMP) ## Lint, types, import contracts and every suite
	$(BIN)/python -m tests.gate

demo: $(STAMP) ## Drive the seven stories on a throwaway instance, or on URL=...
	@$(BIN)/python -m tests.stories.demo $(if $(URL),--url $(URL)) $(STORIES)

told: $(STAMP) ## Write anew what complainants read in the stories, to tests/stories/told
	@$(BIN)/python -m tests.stories.telling

bench: $(STAMP) ## Measure, each against something beside it; BENCH="writing reading" for some
	@$(BIN)/python -m bench $(BENCH)

chaos: $(STAMP) ## Kill a random process every 5 s while 10,000 complaints come in, then count; CHAOS="--complaints 500"
	@$(BIN)/python -m tests.distributed.chaos $(CHAOS)

incident: $(STAMP) ## Answer 2,000 complaints at once with a kill -9 in the middle, count letters; INCIDENT="--complaints 200"
	@$(BIN)/python -m tests.faults.bulk_answers $(INCIDENT)

lint: $(STAMP) ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP) ## Put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP) ## Check types
	$(BIN)/mypy

imports: $(STAMP) ## Check who imports whom
	$(BIN)/lint-imports

schemas: $(STAMP) ## Generate schemas, AsyncAPI document, docs/events.md and docs/problems.md
	$(BIN)/recourse documents .

lock: $(STAMP) ## Resolve the dependencies anew, names, versions and hashes only
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links --no-annotate --all-extras pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links --no-annotate --constraint requirements.lock pyproject.toml \
		-o deploy/requirements.lock

clean: ## Remove the virtual environment and all data
	rm -rf $(VENV) .data .kafka
