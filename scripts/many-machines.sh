#!/usr/bin/env bash
# The same training on several machines (PyTorch's own torchrun): run this on each of them, with a shared folder for WORK.
#   NODES=4 HEAD=10.0.0.1:29500 bash scripts/many-machines.sh photos.parquet /shared/runs/many
# Each process takes its share of every batch; the first one writes. Stopped, it goes on with any other number of processes.
set -euo pipefail
PHOTOS=${1:?usage: many-machines.sh PHOTOS WORK}
WORK=${2:?}
torchrun --nnodes "${NODES:-1}" --nproc-per-node "${PROCESSES:-gpu}" --rdzv-backend c10d --rdzv-endpoint "${HEAD:-localhost:29500}" \
    -m photoplanet train "$PHOTOS" -o "$WORK/model" --backbone inception --image-size 299 --batch-size 2048 --compile
