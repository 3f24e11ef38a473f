# make run: everything from a fresh clone to a demo in the browser. The other targets are named in `make help`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

TARGET := $(or $(CARGO_TARGET_DIR),target)
WEB := $(shell find web/src web/public -type f 2>/dev/null) $(wildcard web/*.html web/*.ts web/*.js web/package.json)
# Given to `dispatch-hub demo`, for example: make run DEMO="--listen 127.0.0.1:9000 --fresh"
DEMO ?=

.PHONY: help run build web needs test check bench fuzz-api sqlx pictures format clean-data

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 18

run: build ## the demo company on http://127.0.0.1:8080; Ctrl-C ends it
	@exec $(TARGET)/release/dispatch-hub demo $(DEMO)

build: needs web/dist/portal.html ## the hub with the three web apps in it: target/release/dispatch-hub
	@cargo build --release --locked --quiet

needs:
	@deploy/install-needs.sh

web: web/dist/portal.html

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@echo "fetching the web apps' packages"
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/portal.html: web/node_modules/.package-lock.json $(WEB)
	@echo "building the web apps"
	@cd web && npm run --silent build -- --logLevel warn

test: ## everything: Rust, web, and journeys in Chromium against the real hub
	@deploy/install-needs.sh --with-chromium
	@deploy/test.sh

check: web/node_modules/.package-lock.json ## format, lints, docs, types, and that generated files are up to date
	@deploy/check.sh

bench: build ## one minute of the standard load; figures and plots in target/bench
	@cargo build --release --locked --quiet --package loadtest
	@$(TARGET)/release/loadtest $(LOAD)

fuzz-api: ## the API's description against a hub, with every role; needs Schemathesis
	@cargo build --locked --quiet
	@deploy/fuzz-api.sh

sqlx: ## .sqlx anew, from the migrations and the queries
	@deploy/dev-database.sh prepare

pictures: web/node_modules/.package-lock.json ## the README's pictures, from a demo that runs
	@cd web && node ../docs/pictures/take.mjs

format: web/node_modules/.package-lock.json ## Rust and web sources
	@cargo fmt --all
	@cd web && npm run --silent format -- --log-level warn

clean-data: ## forget the demo company
	@rm -rf data/demo
