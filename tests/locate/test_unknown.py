import json
import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import PSEUDO_PHOTOS, Partition
from photoplanet.errors import ModelError
from photoplanet.locate import locator, unknown
from photoplanet.locate.credible_region import HALF_CIRCUMFERENCE_KM
from photoplanet.locate.prediction import REGION_SHARES, Prediction, prepare
from photoplanet.models import folder
from photoplanet.models.calibration_facts import EVIDENCE


@pytest.fixture(scope="module")
def partition():
    """Some forty cells of uneven counts, a few of them close to each other."""
    random = np.random.default_rng(5)
    lat = np.concatenate([random.normal(48, 2, 300), random.uniform(-50, 60, 60)])
    lng = np.concatenate([random.normal(5, 3, 300), random.uniform(-180, 180, 60)])
    return Partition.uniform(lat, lng, level=5, min_photos=1)


@pytest.fixture(scope="module")
def rows(partition):
    """Distributions (8, classes) float32, flat to sharp."""
    random = np.random.default_rng(6)
    logits = random.normal(size=(8, len(partition))) * np.linspace(0, 9, 8)[:, None]
    return (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)


def log_odds(mass):
    mass = min(max(mass, 1e-4), 1 - 1e-4)
    return math.log(mass) - math.log(1 - mass)


def test_evidence_is_what_its_definitions_say(partition, rows):
    similarity = np.linspace(-2, 2, len(rows)).astype(np.float32)
    found = unknown.evidence(np.log(rows), partition, similarity)
    assert set(found) == set(EVIDENCE)
    counts = partition.photo_counts.tolist()
    prior = [(count + PSEUDO_PHOTOS) / (sum(counts) + PSEUDO_PHOTOS * len(counts)) for count in counts]
    for number, row in enumerate(rows.astype(float).tolist()):
        best = max(range(len(row)), key=row.__getitem__)
        away = geodesy.distance_km(*partition.means[best], *partition.means.T)
        expected = {
            "similarity": min(1, max(-1, float(similarity[number]))),
            "gain": sum(p * math.log2(p / q) for p, q in zip(row, prior, strict=True)),
            "spread": -sum(p * math.log2(p) for p in row),
            "peak": log_odds(sum(p for p, km in zip(row, away.tolist(), strict=True) if km <= 750)),
            "surprise": math.log2(row[best] / prior[best]),
        }
        assert {name: values[number] for name, values in found.items()} == pytest.approx(expected, abs=1e-4)
        alone = unknown.evidence(np.log(rows[number : number + 1]), partition, similarity[number : number + 1])
        assert {name: values[0] for name, values in alone.items()} == {name: v[number] for name, v in found.items()}
    assert "similarity" not in unknown.evidence(np.log(rows), partition)
    assert all(values.shape == (0,) for values in unknown.evidence(rows[:0], partition, similarity[:0]).values())


def test_gain_is_nothing_for_the_prior_and_most_for_the_rarest_cell(partition):
    assert unknown.gain(partition.prior[None], partition) == pytest.approx(0, abs=1e-12)
    one_each = unknown.gain(np.eye(len(partition)), partition)
    assert one_each == pytest.approx(-np.log2(partition.prior))
    without_counts = Partition.from_cells(partition.ids)
    assert without_counts.prior == pytest.approx(1 / len(partition))


def test_the_probability_is_logistic_and_never_overflows():
    evidence = {"gain": np.array([-3.0, 0.0, 3.0]), "peak": np.array([0.0, -1.0, -9.0])}
    found = unknown.probability(evidence, {"bias": 0.5, "weights": {"gain": -2.0, "peak": 0.25}, "photos": 7})
    assert found == pytest.approx([1 / (1 + math.exp(-z)) for z in (6.5, 0.25, 0.5 - 6 - 2.25)])
    wild = unknown.probability({"gain": np.array([-1e9, 1e9])}, {"bias": 0, "weights": {"gain": 1000.0}})
    assert wild.tolist() == [pytest.approx(0), 1.0]
    assert unknown.probability(evidence, {"bias": 0.0, "weights": {}}).tolist() == [0.5] * 3


def test_every_confidence_and_radius_counts_what_is_unknown(partition, rows):
    for row in rows:
        sure = Prediction(row, partition)
        for doubt in (0.0, 0.05, 0.3, 0.72, 1.0):
            found = replace(sure, unknown=doubt)
            assert found.point == sure.point
            assert found.confidence == pytest.approx({name: (1 - doubt) * p for name, p in sure.confidence.items()})
            assert found.confidence_within(321.0) == pytest.approx((1 - doubt) * sure.confidence_within(321.0))
            listed = [place.confidence for place in sure.top(4)]
            assert [place.confidence for place in found.top(4)] == pytest.approx([(1 - doubt) * p for p in listed])
            for share in REGION_SHARES:
                region = found.credible_region(share)
                needed = share / (1 - doubt) if doubt < 1 else math.inf
                same = sure.credible_region(min(1.0, needed))
                assert region.classes.tolist() == same.classes.tolist()
                assert region.probability == pytest.approx((1 - doubt) * same.probability, abs=1e-6)
                far = same.radius_km if needed <= 1 else HALF_CIRCUMFERENCE_KM
                assert region.radius_km == pytest.approx(far, rel=1e-6)
            radii = [found.credible_region(share).radius_km for share in REGION_SHARES]
            assert radii == sorted(radii)
    assert math.isclose(HALF_CIRCUMFERENCE_KM, 20015, abs_tol=0.5)


def test_the_best_place_is_said_no_finer_than_is_likelier_than_not(tiny_model, tiny_cities):
    partition = folder.read(tiny_model).partition
    paris, brussels = (
        int(partition.assign(*np.array(tiny_cities[name])[:, None])[0]) for name in ("Paris", "Brussels")
    )
    row = np.zeros(len(partition), np.float32)
    row[[paris, brussels]] = 0.7, 0.3
    levels = [Prediction(row, partition, "mean", unknown=doubt).best.level for doubt in (None, 0.0, 0.4, 0.6)]
    assert levels == ["region", "region", "country", "continent"]
    assert Prediction(row, partition, "mean", unknown=0.4).best.confidence == pytest.approx(0.6)


@pytest.mark.parametrize("readout", ["expected", "center"])
def test_batches_are_prepared_as_one_by_one(partition, rows, readout):
    doubts = [None, 0.0, 0.1, 0.3, 0.5, 0.72, 0.95, 1.0]

    def build():
        found = [Prediction(row, partition, readout=readout, unknown=u) for row, u in zip(rows, doubts, strict=True)]
        return [*found, replace(found[3], at=(12.3, 45.6))]

    for share in (0.3, 0.9, 0.99):
        together, alone = build(), build()
        prepare(together, share)
        for one, other in zip(together, alone, strict=True):
            assert "confidence" in vars(one)
            assert one.to_dict(region=share) == other.to_dict(region=share)
            assert one.confidence == other.confidence and one.abstains == other.abstains
            assert one.credible_region(share).radius_km == other.credible_region(share).radius_km


def test_it_abstains_where_it_may_well_be_elsewhere_or_says_no_more_than_the_prior(tiny_model):
    partition = folder.read(tiny_model).partition
    sharp = np.eye(5, dtype=np.float32)[0]
    assert [Prediction(sharp, partition, unknown=u).abstains for u in (None, 0.0, 0.49, 0.51, 1.0)] == [
        False, False, False, True, True,
    ]  # fmt: skip
    assert Prediction(sharp, partition, unknown=0.3, abstain_below=0.8).abstains
    # Nine in ten photos are from here, so that saying so says nothing, whatever its mass within 750 km.
    home = Partition(partition.ids, [900, 25, 25, 25, 25], partition.means)
    row = home.prior.astype(np.float32)
    found = Prediction(row, home)
    assert found.confidence["country"] > 0.8 and found.gain < 1e-6 and found.abstains
    assert not replace(found, least_gain=0.0).abstains
    assert not Prediction(np.eye(5, dtype=np.float32)[1], home).abstains


def test_predictions_differ_by_what_is_unknown(tiny_model):
    partition = folder.read(tiny_model).partition
    one = Prediction(np.eye(5, dtype=np.float32)[0], partition)
    assert one != replace(one, unknown=0.0) != replace(one, unknown=0.5) and replace(one) == one
    assert "unknown" not in repr(one) and "72 % unknown" in repr(replace(one, unknown=0.72))
    assert one.to_dict()["unknown"] is None and replace(one, unknown=0.123456).to_dict()["unknown"] == 0.1235
    assert one.to_dict()["gain_bits"] == float(f"{one.gain:.4g}")


def test_a_model_with_the_third_output_says_what_it_does_not_know(doubting_model, photo):
    model = locator.load(doubting_model)
    red, black = (model.locate(photo(colour)) for colour in ("red", "black"))
    assert red.unknown == pytest.approx(1 / (1 + math.exp(4)), abs=1e-6) and not red.abstains
    assert black.unknown == pytest.approx(1 / (1 + math.exp(-2)), abs=1e-6) and black.abstains
    assert black.probabilities.sum() == pytest.approx(1)
    assert black.credible_region(0.9).radius_km == HALF_CIRCUMFERENCE_KM
    pixels = np.stack([np.asarray(Image.new("RGB", (16, 16), colour)) for colour in ("red", "black")])
    seen = model.see(pixels)
    assert seen.similarity.tolist() == [1, 0] and seen.unknown.tolist() == [red.unknown, black.unknown]
    np.testing.assert_array_equal(model.log_probabilities(pixels)[0], seen.log_probabilities)
    assert model.see(pixels[:0]).unknown.shape == (0,)
    many = [found for _, found in model.locate_many([photo("red"), photo("black")] * 3, batch_size=4, region=0.9)]
    assert [found.unknown for found in many] == [red.unknown, black.unknown] * 3


def test_a_model_without_it_cannot_tell(tiny_model, photo):
    model = locator.load(tiny_model)
    found = model.locate(photo("red"))
    assert found.unknown is None and found.inside == 1.0
    seen = model.see(np.zeros((1, 16, 16, 3), np.uint8))
    assert seen.unknown is None and seen.similarity is None and seen.unknown_of(0) is None


def test_weights_need_only_what_is_there(tiny_model_copy, photo):
    facts = json.loads((tiny_model_copy / "model.json").read_text())
    facts["calibration"]["unknown"] = {"bias": 1.0, "weights": {"gain": -1.0}}
    facts["calibration"]["least_gain"] = 1.75
    (tiny_model_copy / "model.json").write_text(json.dumps(facts))
    found = locator.load(tiny_model_copy).locate(photo("red"))
    assert found.unknown == pytest.approx(1 / (1 + math.exp(found.gain - 1)), rel=1e-5)
    assert found.least_gain == 1.75
    facts["calibration"]["unknown"]["weights"]["similarity"] = -1.0
    (tiny_model_copy / "model.json").write_text(json.dumps(facts))
    with pytest.raises(ModelError, match=r"no output similarity, which calibration\.unknown in model\.json"):
        locator.load(tiny_model_copy)


@pytest.mark.parametrize("fault", ["shape", "type", "not finite", "length"])
def test_a_bad_third_output_is_named(write_model, tmp_path, photo, monkeypatch, fault):
    import onnx
    from onnx import TensorProto, helper

    made = write_model(tmp_path / "bad", unknown={"bias": 0.0, "weights": {}})
    network = onnx.load(made.onnx_path)
    (old,) = (node for node in network.graph.node if node.op_type == "ReduceMax")
    shape, kind = (["n", 3], TensorProto.FLOAT) if fault == "shape" else (["n"], TensorProto.FLOAT)
    if fault == "shape":
        new = [helper.make_node("Identity", ["embedding"], ["similarity"])]
    elif fault == "type":
        new, kind = [helper.make_node("ArgMax", ["embedding"], ["similarity"], axis=1, keepdims=0)], TensorProto.INT64
    elif fault == "length":
        new = [
            helper.make_node("ReduceMax", ["embedding"], ["most"], axes=[1], keepdims=0),
            helper.make_node("Concat", ["most", "most"], ["similarity"], axis=0),
        ]
    else:
        new = [
            helper.make_node("ReduceMin", ["embedding"], ["least"], axes=[1], keepdims=0),
            helper.make_node("Log", ["least"], ["similarity"]),
        ]
    network.graph.node.remove(old)
    network.graph.node.extend(new)
    network.graph.output[2].CopyFrom(helper.make_tensor_value_info("similarity", kind, shape))
    path = tmp_path / "bad.onnx"
    onnx.save(network, path)
    folder.write(tmp_path / "bad", made.info, made.partition, path)
    words = {"shape": r"must be tensor\(float\) \(photos\)", "type": r"must be tensor\(float\) \(photos\)",
             "not finite": "not finite", "length": "answers of shape"}  # fmt: skip
    with pytest.raises(ModelError, match=words[fault]) as caught:
        locator.load(tmp_path / "bad").locate(photo("red"))
    assert "\n" not in str(caught.value)


def test_what_is_unlike_all_known_photos_is_unknown_whatever_else_speaks_for_it():
    facts = {"bias": -3.0, "weights": {"similarity": 0.0}, "unlike": {"below": 0.5, "weight": 40.0}}
    found = unknown.probability({"similarity": np.array([0.9, 0.5, 0.4, 0.0])}, facts)
    assert found.tolist() == pytest.approx([1 / (1 + math.exp(-logit)) for logit in (-3.0, -3.0, 1.0, 17.0)])


def test_documented_thresholds(partition):
    assert unknown.LEAST_GAIN == 0.1
    sure, none = np.log(np.eye(len(partition), dtype=np.float32)[:1] + np.float32(1e-30)), unknown.evidence
    assert none(sure, partition)["peak"] == pytest.approx(math.log(0.9999 / 0.0001), rel=1e-6)
