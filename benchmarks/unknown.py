"""How well a model knows what it does not know: the tables of docs/experiments.md, on photos of whole regions left out.

    python benchmarks/unknown.py --photos photos.csv --encoder lite0 [--toy 2000] [--seeds 3]

In each round regions are left out together with all within 750 km; a model on features is trained on the rest as
`photoplanet train` does it, and learns what is unknown from regions that *it* leaves out. It is then asked about photos
of the regions it never saw and about held-out groups within 200 km of what it did see. With `--toy`, the same on so
many photos of the toy Earth, the bundled toy model on the photos given, and their model on photos of the toy Earth.

A sure answer has a 90 % radius under 750 km; a good one is sure without `unknown`, and right within 750 km.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from photoplanet.earth import geodesy
from photoplanet.encoders import installed as encoders
from photoplanet.encoders import kept
from photoplanet.evaluation.unknown import auroc
from photoplanet.locate import point_estimates, unknown
from photoplanet.locate.locator import Locator, softmax_at
from photoplanet.models import folder, installed
from photoplanet.photos import decode, grouping, table
from photoplanet.toyworld import travellers, write
from photoplanet.training.features import unknown as learning
from photoplanet.training.features.fit import fit
from photoplanet.training.features.settings import Settings
from photoplanet.training.unknown import bank, network
from photoplanet.training.unknown.left_out import rounds

SURE, COUNTRY_KM, CONTINENT_KM = 0.9, 750.0, 2500.0
TOY_SEED = 2  # travellers whom the toy model never saw


def asked(model, facts, temperature, features):
    """(points, mass within 750 km of them, unknown) of photos, by a model on features."""
    raw = model.log_probabilities(features)
    mass = np.exp(softmax_at(raw, temperature))
    evidence = unknown.evidence(np.log(np.maximum(mass, 1e-38)), model.partition, model.similarity(features))
    points = point_estimates.expected(np.exp(raw), model.partition)
    return points, within(points, mass, model.partition), probability(evidence, facts)


def probability(evidence, facts):
    found = unknown.probability(evidence, facts) if facts else np.zeros(len(evidence["gain"]))
    return found


def within(points, mass, partition):
    away = geodesy.between_km(geodesy.to_xyz(*points)[:, None], partition.xyz[None])
    return (mass * (away <= COUNTRY_KM)).sum(axis=1)


def trained(features, latitude, longitude, groups, settings):
    """A model as `photoplanet train` makes it: (fitted, calibration of unknown or None, temperature)."""
    made = fit(features, latitude, longitude, groups, settings)
    facts, _ = learning.facts(made, features, latitude, longitude, groups, settings)
    return made, facts, float(made.calibration["temperature"])


def left_out(features, latitude, longitude, groups, seeds, count):
    """Rows of (unknown, km, mass within 750 km, probability of unknown) over all rounds."""
    found = []
    for seed in range(seeds):
        for one in rounds(latitude, longitude, groups, count, 1000 + seed):
            at = one.training
            model = trained(features[at], latitude[at], longitude[at], groups[at], replace(Settings(), seed=seed))
            for rows, far in ((one.known, 0.0), (one.unknown, 1.0)):
                points, mass, odds = asked(model[0], model[1], model[2], features[rows])
                km = geodesy.distance_km(*points, latitude[rows], longitude[rows])
                found.append(np.column_stack([np.full(len(rows), far), km, mass, odds]))
    return np.concatenate(found)


def reported(name, rows):
    """One row of the table; `rows` as `left_out` gives them."""
    far, km, mass, odds = rows.T
    before, after = mass >= SURE, (1 - odds) * mass >= SURE
    good, wrong = before & (km <= COUNTRY_KM), km > CONTINENT_KM

    def share(sure):
        return float((sure & wrong).sum() / max(1, sure.sum()))

    found = {
        "test": name, "known": int((far == 0).sum()), "unknown": int(far.sum()),
        "auroc": round(auroc(odds, far > 0), 3) if 0 < far.sum() < len(far) else None,
        "sure_before": int(before.sum()), "wrong_before": round(share(before), 4),
        "sure_after": int(after.sum()), "wrong_after": round(share(after), 4),
        "good": int(good.sum()), "good_kept": round(float((good & after).sum() / max(1, good.sum())), 4),
        "answered_unknown_before": round(float((mass >= 0.5)[far > 0].mean()), 4) if far.any() else None,
        "answered_unknown_after": round(float(((1 - odds) * mass >= 0.5)[far > 0].mean()), 4) if far.any() else None,
    }  # fmt: skip
    print(json.dumps(found), flush=True)
    return found


def read(path, encoder):
    """Compared features, places and groups of a photo table, or of one with the encoder's features in `embedding`."""
    if path.suffix == ".parquet" and "embedding" in pyarrow.parquet.read_schema(path).names:
        rows = pyarrow.parquet.read_table(path)
        features = np.stack(rows["embedding"].to_numpy(zero_copy_only=False)).astype(np.float32)
        days = [at or day for at, day in zip(rows["taken_at"].to_pylist(), rows["named_date"].to_pylist(), strict=True)]
        named = pa.table({"photo_id": rows["photo"], "taken_at": pa.array(days, pa.string())})
    else:
        rows, _ = table.read(path)
        named, (features, readable, _) = rows, kept.features(encoder, table.paths(rows, path.parent))
        assert readable.all(), "photos that cannot be read"
    places = [rows[name].to_numpy().astype(np.float64) for name in ("latitude", "longitude")]
    return encoder.compared(np.asarray(features[:], np.float32)), *places, grouping.groups(named)


def toy_photos(count):
    """Photos of the toy Earth as JPEGs, and who took them where."""
    order = write.Order(photos=count, seed=TOY_SEED)
    photos = travellers.travel(write.make_world(order), count, TOY_SEED)
    return list(write.jpegs(photos, order)), photos


def embedded(encoder, sources):
    return encoder.compared(np.stack(encoder.features(sources)))


def by_toy_model(sources, latitude, longitude, far):
    """Rows as `left_out` gives them: the bundled toy model on photos."""
    model = Locator(folder.read(installed.resolve("toy")))
    found = []
    for source, answer in model.locate_many(sources):
        assert not isinstance(answer, Exception), source
        found.append((answer.probabilities, answer.unknown))
    mass = np.stack([each[0] for each in found])
    points = point_estimates.expected(mass, model.partition)
    km = geodesy.distance_km(*points, latitude, longitude)
    odds = np.array([each[1] for each in found], np.float64)
    return np.column_stack([np.full(len(mass), far), km, within(points, mass, model.partition), odds])


def toy_regions(sources, about):
    """Rows as `left_out` gives them: the bundled toy model without whole regions' cells and part of its bank."""
    import onnx

    model = Locator(folder.read(installed.resolve("toy")))
    initial = onnx.load(model.bundle.onnx_path).graph.initializer
    constants = {each.name: onnx.numpy_helper.to_array(each) for each in initial}
    carried = bank.Bank(constants["bank"].T, np.float32(constants["bank.scale"]))
    order = write.Order(photos=55_000, seed=0)  # as tools/make_toy_unknown.py chose them
    photos = travellers.travel(write.make_world(order), order.photos, order.seed)
    classes = model.partition.assign(photos.latitude, photos.longitude)
    inside = np.flatnonzero(classes >= 0)
    rows = inside[bank.chosen(inside.size)]
    places = photos.latitude[rows], photos.longitude[rows]
    pixels = list(decode.load_many(sources, model.info.preprocessing))
    parts = [model.log_probabilities(np.stack(pixels[at : at + 64])) for at in range(0, len(pixels), 64)]
    log_p, embeddings = (np.concatenate(each) for each in zip(*parts, strict=True))
    seen = network.Seen(about.latitude, about.longitude, about.photographer, log_p, embeddings)
    found = []
    for one in network.left_out(seen, model.partition, places, seed=1):
        cells, rest, others = network.without(seen, one, model.partition, carried, places)
        for rows, far in ((one.known, 0.0), (one.unknown, 1.0)):
            logs = softmax_at(log_p[rows][:, cells], 1.0)  # at the model's temperature already
            mass = np.exp(logs)
            points = point_estimates.expected(mass, rest)
            km = geodesy.distance_km(*points, about.latitude[rows], about.longitude[rows])
            odds = probability(
                unknown.evidence(logs, rest, others.similarity(embeddings[rows])), model.info.calibration["unknown"]
            )
            found.append(np.column_stack([np.full(len(rows), far), km, within(points, mass, rest), odds]))
    return np.concatenate(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, action="append", required=True)
    parser.add_argument("--encoder", default="lite0")
    parser.add_argument("--toy", type=int, default=0, help="photos of the toy Earth")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=6)
    given = parser.parse_args()
    encoder = encoders.resolve(given.encoder)
    sets = {path.name: (path, read(path, encoder)) for path in given.photos}
    for name, (_, photos) in sets.items():
        reported(f"{name}: regions left out", left_out(*photos, given.seeds, given.rounds))
    if not given.toy:
        return
    painted, about = toy_photos(given.toy)
    toy = embedded(encoder, painted), about.latitude, about.longitude, about.photographer
    reported("toy Earth, model on features: regions left out", left_out(*toy, 1, given.rounds))
    reported("bundled toy model: regions left out of its cells and bank", toy_regions(painted, about))
    known = by_toy_model(painted, about.latitude, about.longitude, 0.0)
    for name, (path, photos) in sets.items():
        if path.suffix == ".parquet":
            continue  # features alone, no photos
        rows, _ = table.read(path)
        far = by_toy_model(table.paths(rows, path.parent), photos[1], photos[2], 1.0)
        reported(f"bundled toy model: toy photos, and {name} as unknown", np.concatenate([known, far]))
        reported(f"bundled toy model: {name} alone", far)
        model, facts, temperature = trained(*photos, Settings())
        _, mass, odds = asked(model, facts, temperature, toy[0])
        nowhere = np.column_stack([np.ones(len(mass)), np.full(len(mass), np.inf), mass, odds])
        reported(f"model of {name} on toy photos", nowhere)


if __name__ == "__main__":
    main()
