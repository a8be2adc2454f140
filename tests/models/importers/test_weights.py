"""Weights come from safetensors or torch's files, whole or in shards; what is not finite or no weights is refused."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from photoplanet.errors import ModelError
from photoplanet.models.importers import weights

ONE, OTHER = {"a": torch.ones(2, 3)}, {"b": torch.full((2,), 1.5, dtype=torch.bfloat16), "c": torch.tensor([1, 2])}


def test_safetensors_come_first_and_every_floating_point_number_is_float32(tmp_path):
    torch.save(OTHER, tmp_path / "pytorch_model.bin")
    assert weights.find(tmp_path) == [tmp_path / "pytorch_model.bin"]
    found = weights.read(weights.find(tmp_path))
    assert found["b"].dtype == np.float32 and found["b"].tolist() == [1.5, 1.5] and found["c"].dtype == np.int64
    save_file({"a": torch.ones(2, 3, dtype=torch.float16)}, tmp_path / "model.safetensors")
    assert weights.find(tmp_path) == [tmp_path / "model.safetensors"]
    assert weights.read(weights.find(tmp_path))["a"].dtype == np.float32


@pytest.mark.parametrize("name", weights.NAMES)
def test_shards_are_read_as_one(tmp_path, name):
    shards = {"one-1.safetensors": ONE, "one-2.bin": OTHER}
    listed = {key: shard for shard, tensors in shards.items() for key in tensors}
    (tmp_path / f"{name}.index.json").write_text(json.dumps({"weight_map": listed}))
    with pytest.raises(ModelError, match=r"2 of 2 shards are missing \(one-1\.safetensors\)"):
        weights.find(tmp_path)
    save_file(ONE, tmp_path / "one-1.safetensors")
    torch.save(OTHER, tmp_path / "one-2.bin")
    assert set(weights.read(weights.find(tmp_path))) == {"a", "b", "c"}
    assert set(weights.read(weights.find(tmp_path), lambda key: key == "b")) == {"b"}


@pytest.mark.parametrize(
    "index", ["", "[]", "{}", '{"weight_map": {"a": "../a.bin"}}', '{"weight_map": {"a": 3}}', "["]
)
def test_a_list_of_shards_that_is_none_is_refused(tmp_path, index):
    (tmp_path / "model.safetensors.index.json").write_text(index)
    with pytest.raises(ModelError, match="not a list of shards"):
        weights.find(tmp_path)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused_by_name(tmp_path, bad):
    save_file({"fine": torch.ones(2), "worse": torch.tensor([[1.0, bad]])}, tmp_path / "a.safetensors")
    with pytest.raises(ModelError, match=r"a\.safetensors: worse is not finite"):
        weights.read([tmp_path / "a.safetensors"])
