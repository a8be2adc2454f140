#!/usr/bin/env bash
# OSV-5M (5.1 M street views): train on its train table, score on its test table. Needs your own copy:
#   DATA     with train.csv, test.csv (id, latitude, longitude, …) and images/train/**, images/test/** (id.jpg)
set -euo pipefail
DATA=${1:?usage: osv5m.sh DATA [WORK]}
WORK=${2:-runs/osv5m}
mkdir -p "$WORK"

photoplanet index "$DATA/train.csv" --images "$DATA/images/train" -o "$WORK/photos.parquet" --report "$WORK/left-out.csv"
photoplanet train "$WORK/photos.parquet" -o "$WORK/model" --backbone inception --image-size 299 --batch-size 512 \
    --max-photos 1000 --min-photos 50 --epochs 10 --compile
for READOUT in center expected; do
    photoplanet evaluate --model "$WORK/model" --benchmark osv5m --images "$DATA/images/test" --list "$DATA/test.csv" \
        --readout "$READOUT" --table markdown --intervals
done
