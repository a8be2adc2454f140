#!/usr/bin/env bash
# PlaNet on MP-16 (4.7 M Flickr photos), compared with the published rows on Im2GPS3k. Needs your own copies:
#   SHARDS   MP-16 as WebDataset shards, as img2dataset writes them (00000.tar + 00000.parquet with LAT and LON)
#   IM2GPS3K the images of Im2GPS3k, LIST its list (IMG_ID, LAT, LON)
# One GPU; the recipe `paper` is the paper's setting, `default` what has since been found better.
set -euo pipefail
SHARDS=${1:?usage: mp16.sh SHARDS IM2GPS3K LIST [WORK]}
IM2GPS3K=${2:?}
LIST=${3:?}
WORK=${4:-runs/mp16}
mkdir -p "$WORK"

photoplanet index "$SHARDS" -o "$WORK/photos.parquet" --report "$WORK/left-out.csv"
photoplanet partition "$WORK/photos.parquet" -o "$WORK/cells.parquet" --max-photos 1000 --min-photos 50
photoplanet train "$WORK/photos.parquet" -o "$WORK/model" --cells "$WORK/cells.parquet" \
    --backbone inception --image-size 299 --batch-size 512 --epochs 10 --compile
# Published rows use each method's own readout. `center` is PlaNet's, and so the row to compare with it; ours follows.
for READOUT in center expected; do
    photoplanet evaluate --model "$WORK/model" --benchmark im2gps3k --images "$IM2GPS3K" --list "$LIST" \
        --readout "$READOUT" --table markdown --intervals
done
