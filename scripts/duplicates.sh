#!/usr/bin/env bash
# The network of `photoplanet duplicates` from nothing: photos of yours (some hundred, as different as can be; keep whole
# albums apart to measure on), toy Earth photos and drawn pictures. 2,000 steps take some 30 minutes of one quiet core.
# Copy net/binary_codes.onnx and .json to photoplanet/duplicates/ as binary_codes.* to use it; choose the threshold on the curve that is printed.
set -euo pipefail
PHOTOS=${1:?a photo table to learn from}
HELD_OUT=${2:?a photo table of other albums to measure on}
WORK=${3:-runs/duplicates}
mkdir -p "$WORK"

photoplanet toyworld -o "$WORK/toy" --photos 4000 --seed 0
photoplanet toyworld -o "$WORK/toy-held-out" --photos 2500 --seed 1
OMP_NUM_THREADS=1 python scripts/train_near_duplicates.py "$PHOTOS" --toy "$WORK/toy/photos.parquet" \
    --steps 2000 -o "$WORK/net"
python benchmarks/near_duplicates.py "$HELD_OUT" --toy "$WORK/toy-held-out/photos.parquet" \
    --network "$WORK/net/binary_codes.onnx"
