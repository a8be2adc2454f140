#!/usr/bin/env bash
# A folder of geotagged photos → a model of one's own, chosen as the default.
#   bash scripts/own-photos.sh ~/Photos runs/mine
set -euo pipefail
PHOTOS=${1:?usage: own-photos.sh PHOTOS [WORK]}
WORK=${2:-runs/mine}
mkdir -p "$WORK"

photoplanet index "$PHOTOS" -o "$WORK/photos.parquet" --report "$WORK/left-out.csv" --drop-graphics
photoplanet train "$WORK/photos.parquet" -o "$WORK/model"
photoplanet models add "$WORK/model" --name mine --default
