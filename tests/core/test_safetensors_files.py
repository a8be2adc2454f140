"""Safetensors files are read as the library that writes them means them; damaged and hostile ones are refused."""

import json
import os

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from photoplanet.core import safetensors_files
from photoplanet.errors import ModelError


def tensors():
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 7
    return {
        "double": base.double(), "single": base, "half": base.half(), "brain": base.to(torch.bfloat16),
        "long": base.long() - 1, "ints": base.int(), "shorts": base.short(), "bytes": base.to(torch.uint8),
        "signed": base.to(torch.int8) - 3, "flags": base > 1, "number": torch.tensor(7.0), "empty": torch.zeros(0, 3),
    }  # fmt: skip


def test_tensors_are_what_was_saved(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(save(tensors(), {"format": "pt"}))
    found = safetensors_files.read(path)
    assert set(found) == set(tensors())
    for name, tensor in tensors().items():
        expected = (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).numpy()
        assert found[name].dtype == expected.dtype and np.array_equal(found[name], expected), name
    assert list(safetensors_files.read(path, lambda name: name == "half")) == ["half"]


def test_positions_that_are_not_aligned_are_read(tmp_path):
    header = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [1, 9]}}).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0" + np.array([1.5, -2], "<f4").tobytes())
    assert safetensors_files.read(path)["a"].tolist() == [1.5, -2]


GOOD = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
HOSTILE = {
    "no header": b"",
    "a header beyond the end": (1 << 40).to_bytes(8, "little") + b"{}",
    "no JSON": (3).to_bytes(8, "little") + b"{a}",
    "a list": [],
    "a tensor of no kind": {"a": GOOD | {"dtype": "F8_E4M3"}},
    "a kind that is a list": {"a": GOOD | {"dtype": ["F32"]}},
    "a tensor beyond the end": {"a": GOOD | {"shape": [3], "data_offsets": [0, 12]}},
    "another size": {"a": GOOD | {"shape": [1 << 62, 1 << 62]}},
    "a negative shape": {"a": GOOD | {"shape": [-1, -2]}},
    "a negative position": {"a": GOOD | {"data_offsets": [-8, 0]}},
    "a broken number": {"a": GOOD | {"shape": [2.0]}},
    "a true number": {"a": GOOD | {"shape": [True, 2]}},
    "many dimensions": {"a": GOOD | {"shape": [2] + [1] * 40}},
    "no positions": {"a": {"dtype": "F32", "shape": [2]}},
    "a tensor that is a word": {"a": "b"},
    "a shape that is a number": {"a": GOOD | {"shape": 2}},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_damaged_is_refused_in_one_line(tmp_path, kind):
    data = HOSTILE[kind]
    if not isinstance(data, bytes):
        header = json.dumps(data).encode()
        data = len(header).to_bytes(8, "little") + header + bytes(8)
    path = tmp_path / "a.safetensors"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"a\.safetensors: not a safetensors file that is whole") as caught:
        safetensors_files.read(path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300 + len(str(path))


@settings(deadline=None, max_examples=60)
@given(at=st.integers(0, 400), value=st.integers(0, 255), end=st.integers(0, 1))
def test_no_change_of_a_byte_ends_in_another_error(tmp_path_factory, at, value, end):
    data = bytearray(save({"a": torch.ones(3, 2), "b": torch.zeros(4)}))
    data[at % len(data)] = value
    path = tmp_path_factory.mktemp("changed") / "a.safetensors"
    path.write_bytes(data[: len(data) - end * (at % 50)])
    try:
        found = safetensors_files.read(path)
    except ModelError:
        return
    assert all(isinstance(values, np.ndarray) for values in found.values())


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, what in {"missing": "cannot be read", ".": "not a regular file", "pipe": "not a regular file"}.items():
        with pytest.raises(ModelError, match=what):
            safetensors_files.read(tmp_path / name)
