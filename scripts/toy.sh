#!/usr/bin/env bash
# The toy Earth from nothing to the table of docs/results.md and the bundled model: 55,000 photos to learn from, 2,500 by
# other travellers to validate and calibrate on, 5,000 by yet others to be scored on, and the best accuracy possible.
# The training took 40 minutes on one busy core. WORK (default: runs/toy) takes the files (1 GB).
set -euo pipefail
WORK=${1:-runs/toy}
mkdir -p "$WORK"

photoplanet toyworld -o "$WORK/train" --photos 55000 --seed 0
photoplanet toyworld -o "$WORK/validation" --photos 2500 --seed 1
photoplanet toyworld -o "$WORK/held-out" --photos 5000 --seed 2 --ceiling
photoplanet train "$WORK/train/photos.parquet" -o "$WORK/toy" --validation "$WORK/validation/photos.parquet" \
    --max-photos 250 --min-photos 6
photoplanet evaluate "$WORK/held-out/photos.parquet" --model "$WORK/toy" --predictions "$WORK/predictions.csv"
python benchmarks/toy_results.py "$WORK"
