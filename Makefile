# Everything a developer or CI does. `make help` lists it; `make check` is exactly what CI runs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUST_SOURCES := $(shell find rust -name '*.rs' -o -name Cargo.toml) Cargo.toml Cargo.lock
DATA ?=
STATE ?=
export SPARK_STACKER_FIXTURES ?= $(CURDIR)/../shared/fixtures

.DEFAULT_GOAL := help
.PHONY: help build live test check lint format rust-test python-test wheel-check bench peers clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/maturin: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' 'maturin>=1.9,<2'
	$(BIN)/python -m pip install --quiet --group dev
	# Without its pin of an older NumPy and its plotting libraries, which the comparison does not need.
	$(BIN)/python -m pip install --quiet --no-deps 'hftbacktest>=2.4,<2.5'
	@touch $@

$(VENV)/.built: $(BIN)/maturin $(RUST_SOURCES)
	PIP_QUIET=1 VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin develop --release --quiet
	@touch $@

build: $(VENV)/.built ## Create the virtual environment, compile the core (release) and install the package into it

live: build ## Dry-run a strategy over synthetic candles, or over DATA=candles.parquet
	$(BIN)/spark-stacker live $(if $(DATA),--data $(DATA),--scenario bull --seed 7) $(if $(STATE),--state $(STATE))

test: rust-test python-test ## Run all tests (Rust, then Python with coverage)

rust-test: $(BIN)/maturin ## Run the Rust tests
	cargo test --workspace --quiet

python-test: build ## Run the Python tests, with coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest tests benches --benchmark-disable
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: build ## Run every linter and type checker
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest spark_stacker._core
	$(BIN)/lint-imports

wheel-check: $(BIN)/maturin ## Build the wheel, install it into an empty environment and run it there
	bash .ci/wheel-check

check: lint test wheel-check ## What CI runs: linters, tests, wheel

format: $(BIN)/maturin ## Format Rust and Python
	cargo fmt --all
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix --quiet .

peers: build ## Install what the benchmarks compare with
	$(BIN)/python -m pip install --quiet --group peers
	# Without its pin of an older pandas, which what is compared does not need.
	$(BIN)/python -m pip install --quiet --no-deps --group peers-alone

bench: peers ## Measure against the peers, interleaved in one process each
	bash benches/run
	$(BIN)/python -m pytest benches --benchmark-only --benchmark-columns=min,median,rounds

clean: ## Remove everything that can be built again
	rm -rf $(VENV) target dist htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	rm -f python/spark_stacker/_core*.so
