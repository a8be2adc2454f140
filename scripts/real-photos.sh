#!/usr/bin/env bash
# A small table of real photos (docs/results.md): too few for a model of the world, enough to prove the path, and to see
# what a constant and the colours of thumbnails reach on them. Four trainings, each holding out a quarter of the albums.
#   bash scripts/real-photos.sh photos.csv [WORK]     photos.csv: photo_id, a path column, latitude, longitude, album
set -euo pipefail
PHOTOS=${1:?usage: real-photos.sh photos.csv [WORK]}
WORK=${2:-runs/real}
mkdir -p "$WORK"

python benchmarks/real_photos.py fold "$PHOTOS" "$WORK"
for FOLD in "$WORK"/fold-*; do
    photoplanet train "$FOLD/train.parquet" -o "$FOLD/model" \
        --max-photos 12 --min-photos 2 --epochs 40 --batch-size 32 --no-tensorboard
    photoplanet evaluate "$FOLD/held-out.parquet" --model "$FOLD/model" --training "$FOLD/train.parquet" --baselines
done
python benchmarks/real_photos.py results "$WORK"
