# Every command of the project. CI runs the same ones: `make check` and `make test`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

LISTEN ?= 127.0.0.1:3000
DATA_DIR ?= ./data
ARGS ?=

export CARGO_TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))

server := $(CARGO_TARGET_DIR)/release/smart-balancer
wasm := $(CARGO_TARGET_DIR)/site/wasm32-unknown-unknown/wasm-release/frontend.wasm
builder := $(CARGO_TARGET_DIR)/debug/site
wasm_opt := frontend/site/node_modules/.bin/wasm-opt
# The file of the site that is written last: when it is there and new, so are the others.
site := frontend/dist/pkg/smart-balancer_bg.wasm.gz

# The two halves are never built in one call: their features would unite.
host := -p app -p smart-balancer -p fault-upstream -p site --features app/ssr
wasm_cargo := frontend/site/wasm-cargo.sh

.PHONY: help run dev build dist site test e2e screenshots bench chaos check advisories sbom fault-upstream fuzz programs FORCE

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Settings: LISTEN=$(LISTEN) DATA_DIR=$(DATA_DIR) CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)"

run: build ## Build, then serve with SQLite and demo instances (LISTEN, DATA_DIR)
	exec $(server) serve --demo --listen $(LISTEN) --data-dir $(DATA_DIR) $(ARGS)

dev: $(site) ## The same from a debug build: quicker to compile, slower to answer
	cargo run -p smart-balancer -- serve --demo --listen $(LISTEN) --data-dir $(DATA_DIR) $(ARGS)

build: $(site) ## Build the release binary, which carries the site: smart-balancer in the target folder's release/
	cargo build --release -p smart-balancer

dist: $(site) ## Build the binary that is shipped, optimised by the load of the bench (15 minutes): dist/ in the target folder
	server/dist.sh

site: $(site) ## Build the browser half and the style sheet into frontend/dist

test: build ## Install what the tests need and run all of them: unit, store, data plane, browser
	end2end/install.sh
	status=0; \
	end2end/with-postgres.sh cargo test --no-fail-fast $(host) || status=1; \
	$(MAKE) --no-print-directory e2e || status=1; \
	exit $$status

# The debug server, which `make test` builds anyway, is there for the page of components. Figures are taken last, when no
# other test needs the machine, and only where ARGS ask for nothing else.
e2e: build ## Run the browser tests alone (ARGS go to Playwright), then take the figures of docs/QUALITY.md
	end2end/install.sh
	cargo build $(host)
	cd end2end && export SMART_BALANCER_BIN=$(server) FAULT_UPSTREAM_BIN=$(CARGO_TARGET_DIR)/debug/fault-upstream \
		SMART_BALANCER_DEBUG_BIN=$(CARGO_TARGET_DIR)/debug/smart-balancer; status=0; \
	npx --no-install playwright test $(ARGS) || status=1; \
	if [ -z "$(strip $(ARGS))" ]; then \
		FIGURES=1 npx --no-install playwright test --project=figures --workers=1 --output=results/figures || status=1; \
	fi; \
	exit $$status

screenshots: ## Take the pictures of the user guide anew, by browser tests, into docs/guide/pictures
	SCREENSHOTS=1 $(MAKE) --no-print-directory e2e ARGS="--project=pictures"

bench: build ## Compare what a call costs with nginx and the bare upstream, in 10 minutes (ARGS, try ARGS=--help; nginx is installed if it is missing)
	command -v nginx /usr/sbin/nginx >/dev/null || frontend/site/apt.sh "the bench compares with nginx" nginx-light
	SMART_BALANCER_BIN=$(server) cargo bench -p smart-balancer --bench calls -- $(ARGS)

chaos: ## Kill and revive members under load for two minutes (CHAOS_SECONDS)
	$(MAKE) --no-print-directory e2e CHAOS_SECONDS=$(or $(CHAOS_SECONDS),120) ARGS="--project=calls chaos"

check: programs ## Check format, lints, docs and dependencies; a warning is an error
	@# The server cannot be compiled without the folder that it carries; its content does not matter here.
	mkdir -p frontend/dist
	cargo fmt --all --check
	cargo clippy --locked $(host) --all-targets -- -D warnings
	$(wasm_cargo) clippy --locked -p frontend -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps $(host)
	@cargo deny --version >/dev/null 2>&1 || \
		{ echo "Installing cargo-deny, which checks licences and sources (about 3 minutes, once)." >&2; \
		cargo install --quiet --locked --version 0.20.2 cargo-deny; }
	cargo deny --locked check --hide-inclusion-graph licenses bans sources

advisories: programs ## Check the dependencies against the RustSec database (needs the network)
	cargo deny check advisories

sbom: programs ## List every crate that is built into the server and the browser half: sbom/*.cdx.json in the target folder
	@cargo cyclonedx --version >/dev/null 2>&1 || \
		{ echo "Installing cargo-cyclonedx, which lists what is built in (about 3 minutes, once)." >&2; \
		cargo install --quiet --locked --version 0.5.9 cargo-cyclonedx; }
	@# It writes beside each manifest of the workspace; the two that are shipped are taken from there, and nothing is left.
	mkdir -p $(CARGO_TARGET_DIR)/sbom
	cargo cyclonedx --quiet --format json --spec-version 1.5 --no-build-deps --override-filename sbom.cdx \
		--manifest-path server/Cargo.toml
	mv server/sbom.cdx.json $(CARGO_TARGET_DIR)/sbom/smart-balancer.cdx.json
	find . -name sbom.cdx.json -not -path './target/*' -not -path '*/node_modules/*' -delete
	cargo cyclonedx --quiet --format json --spec-version 1.5 --no-build-deps --override-filename sbom.cdx \
		--target wasm32-unknown-unknown --manifest-path frontend/Cargo.toml
	mv frontend/sbom.cdx.json $(CARGO_TARGET_DIR)/sbom/frontend.cdx.json
	find . -name sbom.cdx.json -not -path './target/*' -not -path '*/node_modules/*' -delete

fault-upstream: programs ## Run the upstream that fails on demand (ARGS, try ARGS=--help)
	cargo run -p fault-upstream -- $(ARGS)

fuzz: programs ## Fuzz one target for some seconds (ARGS, such as ARGS="sse 60"; alone it lists them; nightly Rust)
	@rustup run nightly rustc --version >/dev/null 2>&1 || \
		{ echo "Missing: a nightly toolchain, by: rustup toolchain install nightly" >&2; exit 1; }
	@cargo fuzz --version >/dev/null 2>&1 || \
		{ echo "Installing cargo-fuzz (about 1 minute, once)." >&2; cargo install --quiet --locked --version 0.13.2 cargo-fuzz; }
	@# What is fuzzed is built of the same dependencies as what is run. The code forbids unsafe, so no sanitizer is needed.
	@mkdir -p frontend/dist && cp Cargo.lock server/fuzz/Cargo.lock
	@set -- $(ARGS); cd server; \
	if [ $$# -eq 0 ]; then cargo +nightly fuzz list; exit; fi; \
	target=$$1 seconds=$${2:-60}; mkdir -p "fuzz/corpus/$$target"; \
	cargo +nightly fuzz run --sanitizer none --codegen-units 16 --target-dir $(CARGO_TARGET_DIR)/fuzz \
		"$$target" "fuzz/corpus/$$target" "fuzz/seeds/$$target" -- -max_total_time="$$seconds" -max_len=4096

# Cargo knows best what is up to date, so it is asked each time; the site is made anew only if one of
# the files that it is made of has changed.
$(site): $(wasm) $(builder) $(wasm_opt) $(shell find style -type f)
	$(builder) $(wasm) style $(wasm_opt) frontend/dist

$(wasm): FORCE | programs
	@$(wasm_cargo) build --profile wasm-release -p frontend

$(builder): FORCE | programs
	@cargo build -p site

$(wasm_opt): frontend/site/package-lock.json | programs
	@echo "Installing wasm-opt, which makes the browser half small."
	cd frontend/site && npm ci --no-progress
	@touch $@

programs:
	@for program in cargo cc node npm; do \
		command -v $$program >/dev/null || { echo "Missing: $$program. Needed are git, make, a C compiler, Node (with npm)," \
			"and Rust by rustup (https://rustup.rs) or by Debian's rustc-web and cargo-web." >&2; exit 1; }; \
	done
