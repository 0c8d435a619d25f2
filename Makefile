# `make` alone lists what there is to do.

PYTHON ?= python3
BIND ?= 127.0.0.1:8000
PROFILE ?= 7.10.2
SECONDS ?= 60
ATHERIS := atheris==3.0.0
# Whatever is built tells the time of the last change instead of its own.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || date -r CHANGELOG.md +%s)

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

.DEFAULT_GOAL := help
.PHONY: help serve test lint format wheel faults cluster-test fuzz audit sbom bench bench-peers bench-scale simulate docs screenshots lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(INSTALLED) ## set up whatever is missing, then serve on BIND in PROFILE
	@export CRM_OAUTH_BIND=$(BIND) CRM_OAUTH_PROFILE=$(PROFILE) && \
		$(BIN)/crm-oauth init --demo && exec $(BIN)/crm-oauth serve

test: $(INSTALLED) ## run every test that this machine has the programs for
	$(BIN)/pytest --numprocesses auto --dist loadfile $(ARGS)

lint: $(INSTALLED) ## style, types and layers
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED) ## put the code into the house's format
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

wheel: $(INSTALLED) ## build the wheel, from the source distribution beside it, in dist/: the same bytes each time
	rm -rf dist *.egg-info
	$(BIN)/python .ci/backend.py dist > /dev/null
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation --wheel-dir dist dist/*.tar.gz
	sed -nE '/^[a-z]/{s/ \\$$//;s/\[[^]]*\]//;p}' requirements.lock > dist/constraints.txt
	@ls dist/*

faults: $(INSTALLED) ## let 200 faults happen on each database; ARGS="mariadb --faults 1000 --tokens 20000"
	$(BIN)/python -m tests.faults $(ARGS)

cluster-test: $(INSTALLED) ## lose nodes of every kind over Galera and PostgreSQL; ARGS="galera --faults 30 --seconds 600"
	$(BIN)/python -m tests.cluster $(ARGS)

fuzz: $(INSTALLED) ## try thousands of inputs (needs the network once); SECONDS for each reader of tokens
	FUZZ_EXAMPLES=300 $(BIN)/pytest -n0 --timeout 3600 tests/fuzz
	test -d .fuzz || $(BIN)/pip install --quiet --disable-pip-version-check --target .fuzz $(ATHERIS)
	for target in defuse_container changed_container refresh_claims jwt signed_claims; do \
		PYTHONPATH=.fuzz $(BIN)/python -m tests.fuzz $$target -max_total_time=$(SECONDS) -verbosity=0 || exit 1; \
	done

audit: $(INSTALLED) ## look for known vulnerabilities in what the lock file pins
	$(BIN)/python -m tests.supply_chain.audit

sbom: $(INSTALLED) ## list all parts, as CycloneDX, in build/sbom.json
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements --output-reproducible --short-PURLs --validate --output-file build/sbom.json requirements.lock

bench: $(INSTALLED) ## measure the hot paths (needs wrk)
	$(BIN)/python -m bench $(ARGS)

bench-peers: $(INSTALLED) ## measure other servers beside ours (needs wrk, node, npm and PostgreSQL)
	$(BIN)/python -m bench.peers $(ARGS)

simulate: $(INSTALLED) ## simulate a hundred million sessions; ARGS=--write keeps it in docs/scaling.md
	$(BIN)/python -m bench.simulate $(ARGS)

bench-scale: $(INSTALLED) ## measure what grows: rows, memory, the start (needs wrk)
	$(BIN)/python -m bench.scale $(ARGS)

docs: $(INSTALLED) ## make the reference in docs/ from the program
	$(BIN)/python -m tests.documents

screenshots: $(INSTALLED) ## take the documents' pictures of the panel (needs chromium)
	$(BIN)/python -m tests.admin.screenshots

lock: ## pin the newest dependencies, with hashes (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra dev --extra ldap --extra mysqlclient --upgrade --output-file requirements.lock setup.cfg
	sed -i -E -e 's/^mysqlclient==[0-9.]+/& ; extra == "mysqlclient"/' \
		-e 's/^(pyasn1|pyasn1-modules|python-ldap)==[0-9.]+/& ; extra == "ldap"/' \
		-e '1i # Made by `make lock`: every extra, pinned with hashes. mysqlclient and python-ldap need a C compiler and headers, so\n# their lines are inert here (pip skips the marker) and serve whoever installs those extras by hand.' requirements.lock

clean: ## remove what make made, but never var/
	rm -rf $(VENV) .fuzz build dist *.egg-info .*_cache .hypothesis

$(INSTALLED): requirements.lock setup.cfg
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "crm-oauth needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python lacks its venv module; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
