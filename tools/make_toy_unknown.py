"""Teach the bundled model `toy` what it does not know, from its own training photos; its folder is rewritten.

    python tools/make_toy_unknown.py

Its classifier stays as scripts/toy.sh trained it. 3,000 of the 55,000 training photos are painted again for the bank
(each by its number, so the others need not be), and all 2,500 of the validation travellers; about two minutes.
"""

import json
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from photoplanet.locate.locator import Locator
from photoplanet.models import folder, info, installed
from photoplanet.photos import decode
from photoplanet.toyworld import travellers, write
from photoplanet.training.unknown import bank, network

TRAINING, VALIDATION = write.Order(photos=55_000, seed=0), write.Order(photos=2500, seed=1)  # as in scripts/toy.sh


def painted(job):
    """One photo of an order, by its number, as JPEG."""
    photos, order, number = job
    return next(write.jpegs(photos, order, first=number))


def answers(locator, photos, order, rows):
    """Log-probabilities at temperature 1 (up to a constant) and embeddings of photos, painted and read as files."""
    jobs = [(photos.part(slice(row, row + 1)), order, row) for row in rows.tolist()]
    found = []
    with ProcessPoolExecutor(2) as pool:
        pixels = list(decode.load_many(pool.map(painted, jobs, chunksize=50), locator.info.preprocessing))
    for start in range(0, len(pixels), 64):
        found.append(locator.log_probabilities(np.stack(pixels[start : start + 64])))
    log_p, embeddings = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return log_p * locator.info.temperature, embeddings


def main():
    target = installed.BUNDLED / "toy"
    bundle = folder.read(target)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch, folder.NETWORK)
        without_bank(bundle.onnx_path, plain)
        calibration = {key: value for key, value in bundle.info.calibration.items() if key != "unknown"}
        copy = Path(shutil.copytree(target, Path(scratch, "toy")))
        shutil.copyfile(plain, copy / folder.NETWORK)
        rewritten(copy, bundle.info, calibration)
        locator = Locator(folder.read(copy))

        photos = travellers.travel(write.make_world(TRAINING), TRAINING.photos, TRAINING.seed)
        classes = locator.partition.assign(photos.latitude, photos.longitude)
        inside = np.flatnonzero(classes >= 0)
        rows = inside[bank.chosen(inside.size)]
        known = bank.of(answers(locator, photos, TRAINING, rows)[1])
        places = photos.latitude[rows], photos.longitude[rows]

        held_out = travellers.travel(write.make_world(VALIDATION), VALIDATION.photos, VALIDATION.seed)
        log_p, embeddings = answers(locator, held_out, VALIDATION, np.arange(len(held_out)))
        seen = network.Seen(held_out.latitude, held_out.longitude, held_out.photographer, log_p, embeddings)
        facts, line = network.facts(seen, locator.partition, locator.info.temperature, known, places)
        print(line)
        print(json.dumps(facts, indent=2))
        print(f"parity of the bank: {bank.add(copy / folder.NETWORK, known):.2g}")
        rewritten(copy, bundle.info, {**calibration, "unknown": facts})
        folder.read(copy)
        for name in (folder.NETWORK, folder.INFO, folder.CARD):
            shutil.copyfile(copy / name, target / name)


def without_bank(source, target):
    """Copy a network without what `bank.append` put behind it, so that this can run again."""
    import onnx

    model = onnx.load(source)
    graph = model.graph
    for part, ours in (
        (graph.node, lambda node: any(name.startswith("bank.") for name in node.input)
         or any(name.startswith("bank") for name in node.output)),
        (graph.initializer, lambda each: each.name == "bank" or each.name.startswith("bank.")),
        (graph.output, lambda output: output.name == bank.OUTPUT),
    ):  # fmt: skip
        kept = [each for each in part if not ours(each)]
        del part[:]
        part.extend(kept)
    Path(target).write_bytes(model.SerializeToString(deterministic=True))


def rewritten(copy, facts, calibration):
    """Write the facts of a model folder whose network or calibration is new; parts and all else stay."""
    hashes = {**facts.hashes, folder.NETWORK: folder.sha256(copy / folder.NETWORK)}
    made = replace(facts, calibration=calibration, hashes=hashes)
    (copy / folder.INFO).write_text(json.dumps(made.to_dict(), indent=2) + "\n", encoding="utf-8")
    info.read(copy)
    folder.set_calibration(copy, calibration)


if __name__ == "__main__":
    main()
