#!/usr/bin/env bash
# Table 1a's three PlaNets on the toy Earth: how many photos does it take? 0.9, 6.2 and 91 million, scaled to 45,500 and
# less, in the cells of the most. The few are trained once briefly and once long, since nobody knows beforehand how often
# they should be seen. 15 minutes of one core; WORK (default: runs/studies) is the other studies' too.
#   bash scripts/study-data.sh [WORK]
set -euo pipefail
WORK=${1:-runs/studies}
MANY=${PHOTOS:-45500}
SOME=$((MANY * 62 / 910))
FEW=$((MANY * 9 / 910))
ARMS=(base)
CURVES=("$WORK/base-center.csv")
NAMES=(--name "$MANY photos, 4 times")

bash scripts/study-base.sh "$WORK"
for TRAINING in ${TRAININGS:-$SOME-10 $SOME-40 $FEW-30 $FEW-120}; do # photos-epochs
    COUNT=${TRAINING%-*}
    TIMES=${TRAINING#*-}
    python benchmarks/sample_photos.py "$WORK/train/photos.parquet" "$COUNT" -o "photos-$COUNT.parquet"
    bash scripts/study-arm.sh "$WORK" "data-$TRAINING" "$WORK/train/photos-$COUNT.parquet" \
        --cells "$WORK/cells.parquet" --epochs "$TIMES"
    ARMS+=("data-$TRAINING")
    CURVES+=("$WORK/data-$TRAINING-center.csv")
    NAMES+=(--name "$COUNT photos, $TIMES times")
done
python benchmarks/study_results.py "$WORK" "${ARMS[@]}" | tee "$WORK/study-data.md"
photoplanet figure errors "${CURVES[@]}" "$WORK/held-out/photos.parquet" "${NAMES[@]}" -o "$WORK/study-data.svg"
