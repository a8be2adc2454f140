# `make demo`: install and locate photos, no training, no torch. `make test`: install everything and pass the tests.
PYTHON ?= python3
DEMO := .venv-demo/bin/photoplanet
.PHONY: demo test lint lint-js docs clean

demo: .venv-demo/installed
	@rm -rf demo-out
	$(DEMO) toyworld -o demo-out/photos --photos 200 --seed 20161008
	$(DEMO) locate demo-out/photos/traveller-00000/album-00002 --model toy --map demo-out/map.html
	$(DEMO) evaluate toy demo-out/photos/photos.parquet
	@echo
	@echo 'The photos above are of a made-up Earth, and the model "toy" knows nothing else: none of these are real places.'
	@echo 'Open demo-out/map.html to see them. For real photos train on your own: docs/own-photos.md'

test: .venv/installed
	bash tools/install_chromium.sh
	.venv/bin/python -m pytest -n auto

lint: .venv/installed
	.venv/bin/ruff check .
	.venv/bin/mypy

# Needs node 18 or newer with npm.
lint-js: tools/javascript/node_modules/installed
	tools/javascript/node_modules/.bin/biome ci --error-on-warnings --config-path=tools/javascript photoplanet
	tools/javascript/node_modules/.bin/tsc --project tools/javascript

docs: .venv/installed
	.venv/bin/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo 'Open docs/_build/html/index.html'

.venv-demo/installed: pyproject.toml
	$(PYTHON) -m venv .venv-demo
	.venv-demo/bin/python -m pip install -q .
	touch $@

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install -q -c constraints.txt -e '.[train,retrieval,figures,server,docs,dev]'
	touch $@

tools/javascript/node_modules/installed: tools/javascript/package-lock.json
	cd tools/javascript && npm ci --no-audit --no-fund
	touch $@

clean:
	rm -rf .venv .venv-demo demo-out docs/_build tools/javascript/node_modules
