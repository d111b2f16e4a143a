# The README's two commands are `make run` and `make test`; each does all of its own set-up.
.PHONY: help setup frontend run test slow lint fix wheel docs bench coverage mutation simulate torture screenshots clean
BIN := .venv/bin
SEEDS := test_whatever_happens_nothing_is_lost_nothing_is_doubled_and_everybodys_order_holds[0]

help: ## these lines
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup:
	@bash scripts/setup.sh

frontend: setup ## build the console's pages and the SDK bundle (only when their sources changed)
	@$(BIN)/python scripts/build_frontend.py

run: frontend ## run Headrace with its data in ./.headrace
	@$(BIN)/headrace up --data ./.headrace

test: frontend lint ## run every test that takes seconds
	@bash scripts/test_setup.sh
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

slow: frontend ## the tests that take minutes: kill -9 under load of real SDKs, a crawl of every page
	@bash scripts/test_setup.sh
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

lint: setup ## ruff and mypy --strict
	@$(BIN)/ruff check . && $(BIN)/ruff format --check -q . && $(BIN)/mypy --no-error-summary

fix: setup ## let ruff mend what it can
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .

wheel: frontend ## build the wheel into dist/
	@$(BIN)/uv build --wheel -q

docs: setup ## build the documentation site into site/
	@$(BIN)/python scripts/reference.py && NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build -q --strict

bench: setup ## the benchmarks of docs/how-to/measure.md, with ratios (ONLY="pace drain" FLAGS="--long --record")
	@$(BIN)/python -m benchmarks $(ONLY) $(FLAGS)

coverage: setup ## branch coverage of routing and delivery (target 95 %)
	@$(BIN)/python -m pytest -q -n 2 tests/routing tests/delivery tests/storage "tests/simulation/test_seeds_1.py::$(SEEDS)" \
	  --cov=headrace.routing --cov=headrace.delivery --cov-branch --cov-report=term-missing:skip-covered

mutation: setup ## a mutation score of what routing and delivery decide (MODULES="delivery/retry.py delivery/keys.py" WITHIN=3000)
	@$(BIN)/python scripts/mutation.py $(MODULES)$(if $(WITHIN), --within $(WITHIN))

simulate: setup ## the simulation of delivery on virtual time (N=10000 SEED=0; PLANT=all: with bugs planted)
	@$(BIN)/python -m tests.simulation$(if $(PLANT),.plant $(PLANT) --count $(or $(N),3000), -n $(or $(N),10000)) --seed $(or $(SEED),0)

torture: frontend ## thousands of kill -9 under load of people and official SDKs (ROUNDS=1000)
	@bash scripts/test_setup.sh
	@$(BIN)/python -m tests.torture.run --rounds $(or $(ROUNDS),1000)

screenshots: frontend ## every page and mail, light and dark, wide and phone, into screenshots/
	@$(BIN)/python -m tests.walk.screenshots

clean: ## remove what was built
	rm -rf .venv build dist site screenshots src/headrace/console/static src/headrace/gateway/static frontend/node_modules tests/sdk/node_modules
