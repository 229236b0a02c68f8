# `make` and `make help` list the targets. ARGS reaches the command: make report ARGS="--profile smoke".

STAMP := .venv/.installed
BIN := .venv/bin
ARGS ?=
# Names tried in turn, or the one given as PYTHON=...; each is started, because a version manager's stub may not run.
PYTHON ?=
PYTHONS := $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11)
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile
# Start-up is measured, so modules must come from their compiled form.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help report test check test-long lab docs sample lambda clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

report: $(STAMP) ## run the notebooks on the bundled data and write reports/latest/index.html
	@status=0; $(BIN)/ffcore report $(ARGS) || status=$$?; \
	case $$status in \
		0) meaning="pass: every check had the evidence it needs";; \
		1) meaning="fail: a check failed or a notebook crashed";; \
		2) meaning="bad input: see the message above";; \
		3) meaning="inconclusive: a check needs more users";; \
		*) meaning="ffcore itself stopped";; \
	esac; \
	echo "ffcore report: exit code $$status ($$meaning)"; exit $$status

test: $(STAMP) ## run all tests, doctests and notebooks
	@$(PYTEST) -m "not long" --nbval-lax --nbval-current-env README.md docs ffcore tests notebooks $(ARGS)

# The types are checked beside the tests, which leave a core idle while they start, and told after them.
check: $(STAMP) ## check format, lint and types, and run the fast tests
	@$(BIN)/ruff format --check --quiet . || { echo "to repair: .venv/bin/ruff format ."; exit 1; }
	@$(BIN)/ruff check --quiet . || { echo "to repair: .venv/bin/ruff check --fix ."; exit 1; }
	@types=$$(mktemp) && failed=0; $(BIN)/python -m mypy >"$$types" 2>&1 & mypy=$$!; \
	$(PYTEST) -m "not slow and not long" $(ARGS) || failed=1; \
	wait $$mypy || failed=1; cat "$$types"; rm -f "$$types"; exit $$failed

test-long: $(STAMP) ## run what is too long for every change
	@$(PYTEST) -m long $(ARGS)

lab: $(STAMP) ## open JupyterLab on the notebooks
	@$(BIN)/python -m jupyterlab --LabApp.default_url=/lab/tree/notebooks $(ARGS)

lambda: $(STAMP) ## build the Lambdas' zip into dist/ and print its size
	@$(BIN)/python -m ffcore.aws.package $(ARGS)

sample: $(STAMP) ## run the standard profile anew into reports/sample, with its picture
	@$(BIN)/python -m ffcore.lab.report.sample

docs: $(STAMP) ## build the documentation into build/docs
	@$(BIN)/python -m sphinx -b html -q -W docs build/docs && echo "build/docs/index.html"

clean: ## remove the environment and all caches; reports stay
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.*
	@find . -name __pycache__ -prune -exec rm -rf {} +

# An environment whose pip starts is kept and brought up to date; the stamp comes last, so a broken-off run is repeated.
$(STAMP): pyproject.toml constraints.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { $(find_python); \
		echo "Setting up .venv with $$python (once, a few minutes)"; "$$python" -m venv --clear .venv; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[aws,redis,lab,scale,dev]"
	@touch $@

# Prints nothing if this interpreter will do, else its version and what is missing; old interpreters must understand it.
define SUITABLE
import sys
found = "Python %d.%d.%d" % sys.version_info[:3]
if sys.version_info < (3, 11):
    sys.exit(found + " is too old")
try:
    import venv, ensurepip
except ImportError:
    sys.exit(found + " lacks venv or ensurepip (on Debian or Ubuntu: apt install python%d.%d-venv)" % sys.version_info[:2])
endef
export SUITABLE

define find_python
python=; found=; \
for name in $(PYTHONS); do \
	if problem=$$("$$name" -c "$$SUITABLE" 2>&1); then python=$$name; break; fi; \
	case $$problem in "Python "*) ;; *) problem="does not start";; esac; \
	found="$$found$${found:+; }$$name: $$problem"; \
done; \
if [ -z "$$python" ]; then \
	echo "ffcore needs Python 3.11 or newer with venv and ensurepip. Found: $$found." \
		"Install one, or name one: make $(or $(MAKECMDGOALS),report) PYTHON=/path/to/python3" >&2; exit 1; \
fi
endef
