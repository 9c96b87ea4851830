# `make run` starts the clinic, `make test` runs every check; both first set up what is missing, and only once.

PYTHON ?= python3
UV := .uv/bin/uv
VENV := .venv/bin/python
READY := .venv/.ready

# What pip was told about mirrors and certificates holds for uv as well.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
endif
ifdef PIP_CERT
export SSL_CERT_FILE ?= $(PIP_CERT)
endif
export UV_PYTHON_DOWNLOADS := never

.PHONY: run test demo bench lock clean

run: $(READY)
	@exec $(VENV) njia.py up

test: $(READY)
	@exec $(VENV) njia.py check

demo: $(READY)
	@exec $(VENV) njia.py demo

bench: $(READY)
	@exec $(VENV) -m benchmarks

lock: $(UV)
	@$(UV) pip compile --quiet --generate-hashes --no-header --no-emit-index-url --python $(PYTHON) \
	  requirements.in -o requirements.lock

# Takes away what was set up; the clinic's data (.njia) stays.
clean:
	@rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock $(UV)
	@test -x $(VENV) || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --require-hashes --python $(VENV) requirements.lock
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Njia wants Python 3.11 or newer; name it with: make PYTHON=python3.11 …'; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 \
	  || { echo 'python3 has no pip; install it with: sudo apt-get install python3-pip'; exit 1; }
	@echo 'Setting up (once, some minutes) …'
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --upgrade --target .uv uv
	@touch $@
