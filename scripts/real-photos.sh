#!/usr/bin/env bash
# The whole path on a small table of real photos (docs/results.md): too few for a model of the world, enough to prove the path.
#   bash scripts/real-photos.sh photos.csv [WORK]     photos.csv: photo_id, a path column, latitude, longitude, album
set -euo pipefail
PHOTOS=${1:?usage: real-photos.sh photos.csv [WORK]}
WORK=${2:-runs/real}
mkdir -p "$WORK"

photoplanet index "$PHOTOS" -o "$WORK/photos.parquet" --report "$WORK/left-out.csv" --drop-graphics
# A quarter is held out, by album where a photo has one: no street walk lies on both sides.
python - "$WORK" <<'PYTHON'
import sys
from pathlib import Path
from photoplanet.photos import splits, table
work = Path(sys.argv[1])
photos, _ = table.read(work / "photos.parquet")
for name, part in zip(("train", "held-out"), splits.split(photos, validation=0.25, seed=1)):
    table.write(part, work / f"{name}.parquet")
    print(f"{name}: {part.num_rows} photos")
PYTHON
photoplanet train "$WORK/train.parquet" -o "$WORK/model" --validation "$WORK/held-out.parquet" \
    --max-photos 12 --min-photos 2 --epochs 40 --batch-size 32 --no-tensorboard
photoplanet evaluate "$WORK/held-out.parquet" --model "$WORK/model" --table markdown --intervals
photoplanet evaluate "$WORK/train.parquet" --model "$WORK/model" --table markdown --intervals
