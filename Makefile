# `make demo`: install and locate photos, no training, no torch. `make test`: install everything and pass the tests.
PYTHON ?= python3
.PHONY: demo test lint bench clean

demo: .venv-demo/installed
	.venv-demo/bin/python -m photoplanet.demo demo-out

test: .venv/installed
	.venv/bin/python -m pytest -n auto

lint: .venv/installed
	.venv/bin/ruff check .
	.venv/bin/mypy

.venv-demo/installed: pyproject.toml
	$(PYTHON) -m venv .venv-demo
	.venv-demo/bin/python -m pip install -q .
	touch $@

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install -q -c constraints.txt -e '.[train,dev]'
	touch $@

clean:
	rm -rf .venv .venv-demo demo-out
