#!/usr/bin/env bash
# Table 1b and Fig. 9a on the toy Earth: how fine should the cells be? t1 varies (250 in the training that all studies
# share), t2 stays. 25 minutes of one core; WORK (default: runs/studies) is the other studies' too.
#   bash scripts/study-cells.sh [WORK]
set -euo pipefail
WORK=${1:-runs/studies}
ARMS=(base)
CURVES=("$WORK/base-center.csv")
NAMES=(--name "t1 = 250")

bash scripts/study-base.sh "$WORK"
for T1 in ${T1S:-2000 700 80}; do
    bash scripts/study-arm.sh "$WORK" "cells-$T1" "$WORK/train/photos.parquet" --epochs 4 \
        --max-photos "$T1" --min-photos 6
    ARMS+=("cells-$T1")
    CURVES+=("$WORK/cells-$T1-center.csv")
    NAMES+=(--name "t1 = $T1")
done
python benchmarks/study_results.py "$WORK" "${ARMS[@]}" | tee "$WORK/study-cells.md"
photoplanet figure errors "${CURVES[@]}" "$WORK/held-out/photos.parquet" "${NAMES[@]}" -o "$WORK/study-cells.svg"
