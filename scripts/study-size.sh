#!/usr/bin/env bash
# Fig. 9b on the toy Earth: how large must the network be? The width, which scales all channel counts, varies (0.5 in
# the training that all studies share). 25 minutes of one core; WORK (default: runs/studies) is the other studies' too.
#   bash scripts/study-size.sh [WORK]
set -euo pipefail
WORK=${1:-runs/studies}
ARMS=(base)
CURVES=("$WORK/base-center.csv")
NAMES=(--name "width 0.5")

bash scripts/study-base.sh "$WORK"
for WIDTH in ${WIDTHS:-1.0 0.75 0.25}; do
    bash scripts/study-arm.sh "$WORK" "size-$WIDTH" "$WORK/train/photos.parquet" --epochs 4 \
        --cells "$WORK/cells.parquet" --set "width=$WIDTH"
    ARMS+=("size-$WIDTH")
    CURVES+=("$WORK/size-$WIDTH-center.csv")
    NAMES+=(--name "width $WIDTH")
done
python benchmarks/study_results.py "$WORK" "${ARMS[@]}" | tee "$WORK/study-size.md"
photoplanet figure errors "${CURVES[@]}" "$WORK/held-out/photos.parquet" "${NAMES[@]}" -o "$WORK/study-size.svg"
