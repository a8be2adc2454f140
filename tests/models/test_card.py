import pytest

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.models import card, folder

MEASURED = {
    "photos": 1234,
    "accuracy": dict(zip(RADII_KM, (0.011, 0.284, 0.433, 0.7, 0.912), strict=True)),
    "median_km": 321.09,
    "geoscore": 3456.7,
}


@pytest.fixture
def text(write_model, tmp_path):
    """A function: what the card of a tiny model with these facts says."""

    def written(world="real", name="tiny", **changes):
        from dataclasses import replace

        bundle = write_model(tmp_path / "model", name=name, world=world)
        training = {**bundle.info.training, **changes.pop("training", {})}
        return card.markdown(replace(bundle.info, training=training, **changes), bundle.partition)

    return written


def test_it_says_what_the_model_knows_and_for_what_it_is(text):
    page = text()
    for words in ("5 cells", "250 training photos", "France 20%", "Dual use", "What it is for", "Limits"):
        assert words in page
    assert "toy" not in page.lower()


def test_a_toy_says_so_first(text):
    page = text(world="toy")
    assert page.splitlines()[2] == "**This model knows the toy Earth only: toy coordinates are not real places.**"


def test_measured_accuracy_becomes_a_table_and_the_unmeasured_is_said(text):
    page = text(training={"validation": MEASURED})
    assert "| street 1 km | city 25 km | region 200 km | country 750 km | continent 2500 km |" in page
    assert "| 1.1% | 28.4% | 43.3% | 70.0% | 91.2% |" in page
    assert "1,234 validation photos; median error 321.1 km; GeoScore 3457." in page
    assert "Not measured" in text()
    assert "Not measured" in text(training={"validation": {"accuracy": {"city": "?"}}})


def test_calibration_is_told(text):
    page = text(calibration={"temperature": 1.5, "ece_before": 0.1, "ece_after": 0.0123})
    assert "- temperature: 1.5" in page and "- ece after: 0.0123" in page
    assert "Not calibrated" in text(calibration={})


def test_it_says_whether_the_model_knows_what_it_does_not_know(text):
    assert 'the model cannot say "none of these"' in text()
    unknown = {"bias": 2.0, "weights": {"gain": -1.0, "peak": 0.5}, "auroc": 0.93, "held_out": {"regions": 5}}
    page = text(calibration={"temperature": 1.5, "unknown": unknown})
    assert "- unknown, what the model does not know: told by gain, peak; auroc 0.93" in page
    assert '"unknown"' in page and "none of these" not in page and "bias" not in page and "{" not in page


def test_foreign_facts_cannot_break_the_page(text):
    page = text(training={"note": "a\n# b\x1b[31m"})
    assert "- note: a # b [31m" in page


def test_the_file_is_the_card_of_its_facts(tiny_model):
    bundle = folder.read(tiny_model)
    assert (tiny_model / "MODEL_CARD.md").read_text(encoding="utf-8") == card.markdown(bundle.info, bundle.partition)


def test_a_part_has_its_line(tiny_model_copy, tmp_path):
    (tmp_path / "part").write_bytes(b"x")
    facts = {
        "numbers": 256,
        "recall": {"1 km": 0.2468, "25 km": 0.5},
        "settings": {"margin": 0.2},
        "note": "two\nlines",
    }
    folder.add_part(tiny_model_copy, "embedding", facts, {"embedding.onnx": tmp_path / "part"})
    card = (tiny_model_copy / "MODEL_CARD.md").read_text("utf-8")
    assert "\n- embedding: numbers 256; note two lines; recall 24.7% 1 km, 50.0% 25 km\n" in card
