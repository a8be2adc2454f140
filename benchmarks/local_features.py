"""Precision and recall of local-feature search: `python benchmarks/local_features.py PHOTOS [--show DIR] [--words N]`.

PHOTOS is a photo table. Leave-one-out: each photo is looked for among all others, and the first answer counts when the
rule `verification.trusted` believes it; otherwise the answer is "no match".
A match is right within 25 m where both places are the photos' own GPS, and within 2 km where one is its landmark's or
city's (column coordinate_source: such a place says no more). A photo "overlaps another" when some other photo of own
GPS was taken within 25 m of it: an upper bound of what can be found, since two photos from one spot may look apart.
"""

import argparse
import csv
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from photoplanet.earth.geodesy import distance_km
from photoplanet.photos import table
from photoplanet.retrieval.local_features import root_sift, search, verification

NEAR_KM, LOOSE_KM = 0.025, 2.0


def own_gps(path: Path, photo_ids: list[str]) -> np.ndarray:
    """Which photos have their own GPS: all, unless a CSV's column coordinate_source says otherwise."""
    if path.suffix != ".csv":
        return np.ones(len(photo_ids), bool)
    with path.open(encoding="utf-8") as file:
        source = {row.get("photo_id"): row.get("coordinate_source", "") for row in csv.DictReader(file)}
    loose = ("class landmark", "city centre", "visually identified")
    return np.array([not (source.get(name) or "").startswith(loose) for name in photo_ids])


def share(count: int, of: int) -> str:
    return f"{count}/{of} = {count / of:.1%}" if of else "–"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path)
    parser.add_argument("--show", type=Path, help="write a picture of each trusted first answer into this folder")
    parser.add_argument("--words", type=int, help="visual words (default: by the number of features)")
    arguments = parser.parse_args()

    photos, _ = table.read(arguments.photos)
    names, albums = photos["photo_id"].to_pylist(), [album or "(no album)" for album in photos["album"].to_pylist()]
    paths = table.paths(photos, arguments.photos.parent)
    latitude, longitude = photos["latitude"].to_numpy(), photos["longitude"].to_numpy()
    km = distance_km(latitude[:, None], longitude[:, None], latitude, longitude)
    own = own_gps(arguments.photos, names)
    right = km <= np.where(own[:, None] & own, NEAR_KM, LOOSE_KM)
    others = ~np.eye(len(names), dtype=bool)
    overlap = (others & own[:, None] & own & (km <= NEAR_KM)).any(axis=1)

    start = time.perf_counter()
    with ThreadPoolExecutor() as pool:
        features = list(pool.map(root_sift.extract, paths))
    print(
        f"{len(names)} photos, {sum(len(f.points) for f in features):,} features, {time.perf_counter() - start:.0f} s"
    )
    index = search.build(features.__getitem__, len(features), arguments.words)
    print(f"{len(index.vocabulary):,} words")
    start = time.perf_counter()
    found = [index.search(features[i], exclude=[i]) for i in range(len(names))]
    print(f"{(time.perf_counter() - start) / len(names):.3f} s a query, SIFT of the query not included")

    rows: dict[str, list[int]] = defaultdict(list)
    for i, album in enumerate(albums):
        rows[album].append(i)
    first = [matches[0] if matches and matches[0].trusted else None for matches in found]
    good = np.array([match is not None and bool(right[i, match.row]) for i, match in enumerate(first)])
    answered = np.array([match is not None for match in first])
    print("\n| album | photos | overlap another | answered | right of the answered | right of those that overlap |")
    print("|---|---|---|---|---|---|")
    for album, members in [*sorted(rows.items(), key=lambda item: -len(item[1])), ("**all**", list(range(len(names))))]:
        if len(members) > 1:
            m = np.array(members)
            precision = share(good[m].sum(), answered[m].sum())
            recall = share((good & overlap)[m].sum(), overlap[m].sum())
            print(f"| {album} | {len(m)} | {overlap[m].sum()} | {answered[m].sum()} | {precision} | {recall} |")

    print("\nTrusted first answers that the coordinates call wrong (look at them):")
    for i, match in enumerate(first):
        if match is not None and not good[i]:
            print(f"  {names[i]} → {names[match.row]}: {match.inliers} inliers, {km[i, match.row]:.3f} km")
    print("Photos that overlap another and came back as 'no match':")
    for i in np.flatnonzero(overlap & ~answered):
        best = found[i][0].inliers if found[i] else 0
        print(f"  {names[i]} ({albums[i]}): best {best} inliers, rule {verification.MIN_INLIERS}")
    pairs = sum(match.trusted for matches in found for match in matches)
    wrong = sum(match.trusted and not km[i, match.row] <= 0.3 for i, matches in enumerate(found) for match in matches)
    print(f"All trusted answers, not only the first: {pairs}; more than 300 m away: {wrong}")
    far = (km > LOOSE_KM) & others
    most = max((m.inliers for i, matches in enumerate(found) for m in matches if far[i, m.row]), default=0)
    print(f"Most inliers of a photo more than {LOOSE_KM:g} km away: {most}")

    if arguments.show:
        arguments.show.mkdir(parents=True, exist_ok=True)
        for i, match in enumerate(first):
            if match is not None:
                picture = search.draw(paths[i], paths[match.row], match, features[i], features[match.row])
                picture.save(arguments.show / f"{'right' if good[i] else 'wrong'}-{names[i]}.jpg", quality=85)


if __name__ == "__main__":
    main()
