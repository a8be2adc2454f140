#!/usr/bin/env bash
# A small table of real photos (docs/results.md): too few for a model of the world, enough to prove the path, and to see
# what a constant and the colours of thumbnails reach on them. Four times a quarter of the albums is held out, for a
# model on the features of lite0 (extra `pretrained`) and for a network from random weights.
#   bash scripts/real-photos.sh photos.csv [WORK]     photos.csv: photo_id, a path column, latitude, longitude, album
set -euo pipefail
PHOTOS=${1:?usage: real-photos.sh photos.csv [WORK]}
WORK=${2:-runs/real}
mkdir -p "$WORK"

python benchmarks/real_photos.py fold "$PHOTOS" "$WORK"
for FOLD in "$WORK"/fold-*; do
    photoplanet train "$FOLD/train.parquet" -o "$FOLD/lite0" --backbone lite0
    photoplanet evaluate "$FOLD/held-out.parquet" --model "$FOLD/lite0" --training "$FOLD/train.parquet" --baselines
    photoplanet train "$FOLD/train.parquet" -o "$FOLD/mobile" --backbone mobile \
        --max-photos 12 --min-photos 2 --epochs 40 --batch-size 32 --no-tensorboard
    photoplanet evaluate "$FOLD/held-out.parquet" --model "$FOLD/mobile" --training "$FOLD/train.parquet" --baselines
done
python benchmarks/real_photos.py results "$WORK"
