#!/usr/bin/env bash
# A folder of geotagged photos → a model of one's own, the default where it beats one place for all.
#   bash scripts/own-photos.sh ~/Photos runs/mine
set -euo pipefail
PHOTOS=${1:?usage: own-photos.sh PHOTOS [WORK]}
WORK=${2:-runs/mine}
mkdir -p "$WORK"

photoplanet index "$PHOTOS" -o "$WORK/photos.parquet" --report "$WORK/left-out.csv" --drop-graphics
photoplanet train "$WORK/photos.parquet" -o "$WORK/model"
