#!/usr/bin/env bash
# What the studies share, in WORK: photos of the toy Earth to learn from, by other travellers to validate on, by yet
# others to be scored on; cells; and the training that the others are compared with. What is there already is kept.
#   bash scripts/study-base.sh WORK
set -euo pipefail
WORK=$1
mkdir -p "$WORK"

photoplanet toyworld -o "$WORK/train" --photos "${PHOTOS:-45500}" --seed 0 --size 64
photoplanet toyworld -o "$WORK/validation" --photos "${VALIDATION:-2500}" --seed 1 --size 64
photoplanet toyworld -o "$WORK/held-out" --photos "${HELD_OUT:-5000}" --seed 2 --size 64
photoplanet partition "$WORK/train/photos.parquet" -o "$WORK/cells.parquet" --max-photos 250 --min-photos 6
bash scripts/study-arm.sh "$WORK" base "$WORK/train/photos.parquet" --cells "$WORK/cells.parquet" --epochs 4
