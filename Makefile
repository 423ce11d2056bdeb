# All that is needed is make and Python 3.11 or newer. Each target sets up the environment that it runs in; pyproject.toml
# says what goes into it, so a change there installs it again.

PYTHON ?= $(shell for each in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	if $$each -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo $$each; break; fi; done)
PIP = -m pip install --quiet --quiet --disable-pip-version-check
CODE = connlint tests scripts bench
PEERS = ruff==0.17.6 flake8==7.5.0 flake8-bugbear==26.10.27 flake8-async==26.8.1 pylint==4.1.4 fixit==2.2.1 \
	libcst==1.9.0 pathspec==1.1.1
MINUTES ?= 60

.DEFAULT_GOAL := help
.PHONY: help demo test lint lint-ruff lint-format lint-types lint-flake8 lint-connlint format docs docs-check knowledge \
	wheel-check crawl fuzz parity suites bench clean

help:
	@echo "make demo         show what connlint finds in examples/, and how it would rewrite it"
	@echo "make test         run the tests"
	@echo "make lint         ruff, mypy, flake8 with connlint, and connlint, on this project"
	@echo "make docs         write the generated pages and tables again (docs-check only compares)"
	@echo "make knowledge    read the client libraries' exception classes again, from the installed libraries"
	@echo "make wheel-check  build the wheel, install it beside flake8 alone, and use it"
	@echo "make crawl        run every rule over real packages (ARGS=--fix proves every fix)"
	@echo "make fuzz         try generated and damaged programs for an hour (MINUTES=...)"
	@echo "make parity       compare what the command line, flake8 and standard input report of real packages"
	@echo "make suites       run real packages' own tests before and after their fixes"
	@echo "make bench        measure connlint against ruff, flake8 and others, side by side (ARGS='--rows cold --runs 1')"
	@echo "make format       format the code"
	@echo "make clean        remove all that the targets made"

# The virtual environments. Python that went away (an upgrade, a moved checkout) makes them anew.

define make_environment
	@test -n "$(PYTHON)" || { echo "connlint needs Python 3.11 or newer, with its venv module; set PYTHON=/path/to/python" >&2; exit 1; }
	@$(1)/bin/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear $(1)
	@echo "installing connlint$(2) into $(1)"
	@$(1)/bin/python $(PIP) --editable '.$(2)'
	@touch $@
endef

.venv/.made: pyproject.toml
	$(call make_environment,.venv,[dev])

.venv-demo/.made: pyproject.toml
	$(call make_environment,.venv-demo,)

# examples/ is full of findings, which is exit status 1; anything else (2: it could not run) fails the demo.
demo: .venv-demo/.made
	@echo; echo '$$ connlint examples/'; echo
	@.venv-demo/bin/connlint --isolated --no-cache examples/ || test $$? -eq 1
	@echo; echo '$$ connlint --fix --unsafe-fixes --diff examples/'; echo
	@.venv-demo/bin/connlint --isolated --no-cache --fix --unsafe-fixes --diff examples/ || test $$? -eq 1
	@echo; echo '$$ flake8 --select CNL examples/'; echo
	@.venv-demo/bin/flake8 --isolated --select CNL examples/ || test $$? -eq 1

test: .venv/.made
	@.venv/bin/python -m pytest $(ARGS)

LINTS = lint-ruff lint-format lint-types lint-flake8 lint-connlint

lint: $(LINTS)

$(LINTS): .venv/.made

lint-ruff:
	.venv/bin/ruff check .

lint-format:
	.venv/bin/ruff format --check .

lint-types:
	.venv/bin/mypy

lint-flake8:
	.venv/bin/flake8 $(CODE)

lint-connlint:
	.venv/bin/connlint check $(CODE)

format: .venv/.made
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

docs: .venv/.made
	.venv/bin/python -m scripts.docs

# Reads the exception classes of the client libraries again, from the versions that pyproject.toml names.
knowledge: .venv/.made
	.venv/bin/python scripts/knowledge.py

docs-check: .venv/.made
	.venv/bin/python -m scripts.docs --check

wheel-check: .venv/.made
	.venv/bin/python scripts/check_wheel.py

crawl: .venv/.made
	.venv/bin/python -m scripts.crawl $(ARGS)

fuzz: .venv/.made
	.venv/bin/python -m tests.fuzz --minutes $(MINUTES) --folder .fuzz $(wildcard .crawl/code)

parity: .venv/.made
	.venv/bin/python -m scripts.parity $(ARGS)

suites: .venv/.made
	.venv/bin/python -m scripts.suites $(ARGS)

# The peers, and connlint as its users have it: built and installed, not as it stands here.
.venv-bench/.made: pyproject.toml
	@test -n "$(PYTHON)" || { echo "connlint needs Python 3.11 or newer, with its venv module; set PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv-bench
	@.venv-bench/bin/python $(PIP) $(PEERS)
	@touch $@

bench: .venv/.made .venv-bench/.made
	@.venv-bench/bin/python $(PIP) --force-reinstall --no-deps .
	.venv/bin/python -m bench $(ARGS)

clean:
	rm -rf .venv .venv-demo .venv-bench .bench .crawl .fuzz .suites build dist *.egg-info .connlint_cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find connlint tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
