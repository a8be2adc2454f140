"""How far answers on OpenVINO, or of an int8 model, are from float32 on the processor, on photos with known places.

    python benchmarks/device_parity.py TEST.parquet --model toy --small toy-int8/ --photos 3000

Differences of accuracy are in percentage points; intervals resample the groups of TEST (albums, photographers, days).
"""

import argparse
from pathlib import Path

import numpy as np

from photoplanet.core import devices, onnx_sessions
from photoplanet.core.onnx_sessions import Session
from photoplanet.evaluation import resampling
from photoplanet.models import folder, installed
from photoplanet.photos import decode, table
from photoplanet.quantisation.parity import OUTPUTS, Compared

RADII = {"city": 25.0, "region": 200.0, "country": 750.0}


def sessions(bundle: folder.Bundle, small: Path | None) -> dict[str, Session]:
    """What is compared with float32 on the processor, by name."""
    found = {}
    if devices.has_openvino():
        (device,) = devices.to_try(devices.OPENVINO)
        found["OpenVINO"] = onnx_sessions.open_session(bundle.onnx_path, device=device)
    if small is not None:
        network = folder.read(small).onnx_path
        found["int8"] = onnx_sessions.open_session(network)
        if devices.has_openvino():
            found["int8, OpenVINO"] = onnx_sessions.open_session(network, device=device)
    return found


def report(name: str, compared: Compared, units: resampling.Units) -> None:
    """Print the figures of one network or device."""
    found = compared.figures()
    whole = {key: np.concatenate([row[key] for row in compared.rows]) for key in compared.rows[0]}
    print(f"\n{name}: {found['photos']:,} photos; likeliest cell the same {found['same_top_cell']:.2%}; mass elsewhere "
          f"{found['moved']:.2%}, at most {found['moved_most']:.1%}; probability {found['probability']:.3f}; cosine "
          f"{found['cosine']:.4f}; calibration error {found['expected_calibration_error']}")  # fmt: skip
    right = {"top-1 cell": [whole[f"top {kind}"] == whole["truth"] for kind in ("float32", "int8")]}
    right |= {f"{radius} ({km:g} km)": [whole[f"km {kind}"] <= km for kind in ("float32", "int8")]
              for radius, km in RADII.items()}  # fmt: skip
    drawn = np.random.default_rng(0).integers(0, units.count, (2000, units.count))
    print(f"| {units.described} | float32 | {name} | points | 95 % |\n|---|---:|---:|---:|---|")
    for what, (one, other) in right.items():
        gained = np.bincount(units.number, other.astype(float) - one.astype(float), units.count)
        sizes = np.bincount(units.number, minlength=units.count)
        low, high = np.percentile(gained[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [2.5, 97.5])
        print(f"| {what} | {one.mean():.2%} | {other.mean():.2%} | {100 * (other.mean() - one.mean()):+.2f} | "
              f"{100 * low:+.2f} to {100 * high:+.2f} |", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("test", type=Path)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--small", type=Path, help="an int8 model folder made of it")
    parser.add_argument("--photos", type=int, default=3000, help="of TEST, at most")
    given = parser.parse_args()
    bundle = folder.read(installed.resolve(given.model))
    rows, _ = table.read(given.test)
    rows = rows.slice(0, given.photos)
    places = np.column_stack([rows["latitude"].to_numpy(), rows["longitude"].to_numpy()])
    pixels = np.stack(list(decode.load_many(table.paths(rows, given.test.parent), bundle.info.preprocessing)))
    plain = onnx_sessions.open_session(bundle.onnx_path)
    others = sessions(bundle, given.small)
    compared = {name: Compared(bundle.partition, bundle.info.temperature) for name in others}
    for start in range(0, len(pixels), 32):
        some = slice(start, start + 32)
        before = plain.run(OUTPUTS, {"images": pixels[some]})
        for name, session in others.items():
            compared[name].add(before, session.run(OUTPUTS, {"images": pixels[some]}), places[some])
    for name, each in compared.items():
        report(name, each, resampling.units(rows))


if __name__ == "__main__":
    main()
