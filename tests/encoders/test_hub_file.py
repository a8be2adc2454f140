"""Encoders from a hub: planned, said, fetched and made, or made of what a person fetched by hand."""

import json
import shlex
from pathlib import Path

import pytest
from hub_stand_in import COMMIT
from strange_networks import mean_features, network

from photoplanet.encoders import encoder, installed, probe
from photoplanet.encoders.onnx_file import Asked
from photoplanet.errors import DownloadError, InputError, ModelError

CONFIG = {"size": {"height": 16, "width": 16}, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.2]}
README = b"---\nlicense: apache-2.0\n---\n# A network\n"
FILES = {
    "onnx/model.onnx": network(form="class").SerializeToString(),
    "preprocessor_config.json": json.dumps(CONFIG).encode(), "README.md": README, "onnx/model_int8.onnx": b"small",
}  # fmt: skip
NAME = "hf:org/net-small"


@pytest.fixture
def served(hub):
    hub.add("org/net-small", FILES, "apache-2.0")
    return hub


def right(made):
    photos = probe.photos(16)
    assert made.embed(photos) == pytest.approx(
        mean_features(photos, CONFIG["image_mean"], CONFIG["image_std"]), abs=1e-4
    )
    assert encoder.read(made.folder) == made and made.licence == "apache-2.0" and made.name == "net-small"
    return True


def test_a_download_is_said_made_and_cleared_away(served, own_home):
    said = []
    made = installed.add(NAME, download=True, say=said.append)
    assert right(made) and made.source.startswith(f"hf:org/net-small onnx/model.onnx, commit {COMMIT}, SHA-256 ")
    assert said[0] == f"org/net-small from {served.address} at commit 0123456789ab (main)"
    assert [line.split()[0] for line in said[1:]] == ["onnx/model.onnx", "preprocessor_config.json", "licence"]
    assert {path.name for path in own_home.iterdir()} == {"downloads", "encoders"}
    assert list((own_home / "downloads").iterdir()) == []
    before = len(served.requests)
    assert installed.resolve(NAME) == made and installed.resolve("net-small") == made
    assert len(served.requests) == before


def test_it_is_said_before_anything_is_fetched(served):
    """A person who sees the size can still press Ctrl-C."""

    def stop(line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        installed.add(NAME, download=True, say=stop)
    assert [path for path, _ in served.requests] == ["/api/models/org/net-small/revision/main"]


def test_without_download_nothing_is_asked_for(served):
    for call in (installed.add, installed.resolve):
        with pytest.raises(
            InputError, match=r"; curl -fL .*README\.md; photoplanet encoders add hf:org/net-small --from"
        ):
            call(NAME)
    assert served.requests == []


def test_what_is_typed_by_hand_does_the_same(served, tmp_path):
    """The lines that the error shows, with the stand-in asked for what curl would ask for."""
    with pytest.raises(InputError) as raised:
        installed.add(NAME)
    *curls, last = str(raised.value).partition("by hand: ")[2].split("; ")
    for line in curls:
        words = shlex.split(line)
        goal = tmp_path / words[words.index("-o") + 1]
        goal.parent.mkdir(parents=True, exist_ok=True)
        goal.write_bytes(FILES[words[-1].partition("/resolve/main/")[2]])
    words = shlex.split(last)
    assert words[:4] == ["photoplanet", "encoders", "add", NAME] and words[4] == "--from"
    made = installed.add(NAME, given=tmp_path / words[5])
    assert right(made) and made.source == "hf:org/net-small onnx/model.onnx, fetched by hand"
    assert installed.resolve(NAME) == made and served.requests == []


@pytest.fixture
def folder(tmp_path):
    for path, data in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return tmp_path


def test_a_folder_without_a_licence_or_a_network(folder):
    (folder / "README.md").unlink()
    with pytest.raises(InputError, match=r"no README\.md that states a licence; fetch it too, or give --licence"):
        installed.add(NAME, given=folder)
    assert installed.add(NAME, given=folder, asked=Asked(licence="mine")).licence == "mine"
    (folder / "onnx/model.onnx").unlink()
    with pytest.raises(InputError, match=r"no onnx/vision_model\.onnx or .* in it"):
        installed.add(NAME, "other", given=folder)
    with pytest.raises(InputError, match="no such folder"):
        installed.add(NAME, "other", given=folder / "no")
    assert installed.added() == ["net-small"]


def test_the_part_that_takes_photos_is_preferred_and_another_file_can_be_named(served):
    served.repos["org/net-small"][0]["onnx/vision_model.onnx"] = network(
        form="vector", output="image_embeds"
    ).SerializeToString()
    assert installed.add(NAME, download=True).note.startswith("output image_embeds")
    with pytest.raises(InputError, match="not an ONNX network"):
        installed.add(NAME, "int8", file="onnx/model_int8.onnx", download=True)
    with pytest.raises(InputError, match=r"no file no\.onnx in it; of that kind it has onnx/model\.onnx"):
        installed.add(NAME, "other", file="no.onnx", download=True)
    with pytest.raises(InputError, match="states no licence"):
        served.add("org/none", FILES, "")
        installed.add("hf:org/none", download=True)
    assert installed.add("hf:org/none", download=True, asked=Asked(licence="mine")).licence == "mine"


@pytest.mark.parametrize("fault", ["other", "more", 503, 404])
def test_a_download_that_fails_adds_nothing(served, own_home, fault):
    served.fail("onnx/model.onnx", fault)
    with pytest.raises((DownloadError, InputError)):
        installed.add(NAME, download=True)
    assert installed.added() == [] and list((own_home / "encoders").iterdir()) == []
    assert right(installed.add(NAME, download=True))


def test_a_network_that_is_refused_need_not_be_fetched_again(served, own_home):
    files = served.repos["org/net-small"][0]
    del files["preprocessor_config.json"]
    with pytest.raises(InputError, match="how are its photos normalised"):
        installed.add(NAME, download=True)
    count = len(served.requests)
    asked = Asked(mean=tuple(CONFIG["image_mean"]), std=tuple(CONFIG["image_std"]))
    assert right(installed.add(NAME, download=True, asked=asked))
    assert len(served.requests) == count + 1  # the plan's


def test_names_of_repositories_that_are_none(served):
    for name in ("hf:", "hf:org", "hf:../x", "hf:org/x/y", "hf:org/x;rm"):
        for more in ({}, {"download": True}):
            with pytest.raises(InputError, match=r"not the name of a repository|not a name for an encoder"):
                installed.add(name, **more)
    assert served.requests == []


def test_a_damaged_encoder_of_the_hub_is_named(served):
    made = installed.add(NAME, download=True)
    Path(made.network).write_bytes(b"other")
    with pytest.raises(ModelError, match="not the file that was added"):
        installed.resolve(NAME)
