#!/usr/bin/env bash
# One training of a study, WORK/NAME, and where it places the held-out photos by the paper's readout and by ours:
# WORK/NAME-center.csv, WORK/NAME-expected.csv. What is there already is kept. TRAIN: more options for all trainings.
#   bash scripts/study-arm.sh WORK NAME TABLE [options of photoplanet train]
set -euo pipefail
WORK=$1
NAME=$2
TABLE=$3
shift 3

if [ ! -e "$WORK/$NAME" ]; then
    # shellcheck disable=SC2086  # TRAIN is several words
    photoplanet train "$TABLE" -o "$WORK/$NAME" --validation "$WORK/validation/photos.parquet" \
        --image-size 64 --set stored=64 --set width=0.5 --validate-every 1000000 --no-tensorboard "$@" ${TRAIN:-}
fi
for READOUT in center expected; do
    if [ ! -e "$WORK/$NAME-$READOUT.csv" ]; then
        photoplanet evaluate "$WORK/held-out/photos.parquet" --model "$WORK/$NAME" --readout "$READOUT" \
            --predictions "$WORK/$NAME-$READOUT.csv"
    fi
done
