#!/usr/bin/env bash
# The toy Earth from nothing to the table of docs/results.md: 55,000 photos to learn from, 5,000 by other travellers to be
# scored on, and the best accuracy possible. About an hour on two cores. WORK (default: runs/toy) takes the files (1 GB).
set -euo pipefail
WORK=${1:-runs/toy}
mkdir -p "$WORK"

photoplanet toyworld -o "$WORK/train" --photos 55000 --seed 0
photoplanet toyworld -o "$WORK/held-out" --photos 5000 --seed 1 --ceiling
photoplanet train "$WORK/train/photos.parquet" -o "$WORK/toy"
photoplanet evaluate "$WORK/toy" "$WORK/held-out/photos.parquet" --predictions "$WORK/predictions.csv"
python benchmarks/toy_results.py "$WORK"
