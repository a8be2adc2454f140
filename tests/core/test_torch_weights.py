"""Weights that torch saved are read as torch reads them, and nothing else is: no call, no other object."""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.core import torch_weights
from photoplanet.errors import ModelError

LAYOUTS = {"zip": True, "stream": False}


def tensors():
    """One of everything: kinds, no dimension, none of a size, transposed, sliced, shared, a parameter."""
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    return OrderedDict(
        half=base.half(), double=base.double(), long=torch.tensor(7), bytes=torch.arange(5, dtype=torch.uint8),
        flags=torch.tensor([True, False]), ints=torch.arange(3, dtype=torch.int32), empty=torch.zeros(0, 3),
        turned=base.permute(2, 0, 1), part=base[:, 1:, ::2], shared=base, brain=base.to(torch.bfloat16),
        parameter=torch.nn.Parameter(base[0]),
    )  # fmt: skip


def saved(path, value, layout):
    torch.save(value, path, _use_new_zipfile_serialization=LAYOUTS[layout])
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_tensors_are_what_torch_reads(tmp_path, layout):
    found = torch_weights.read(saved(tmp_path / "a.pth", tensors(), layout))
    assert set(found) == set(tensors())
    for name, tensor in tensors().items():
        expected = (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).detach().numpy()
        assert found[name].dtype == expected.dtype and found[name].shape == expected.shape, name
        assert np.array_equal(found[name], expected), name
        found[name][...] = 0  # its own, so that whoever reads it may change it


@pytest.mark.parametrize("layout", LAYOUTS)
def test_dictionaries_within_it_become_dotted_names_and_plain_values_are_left_out(tmp_path, layout):
    value = {
        "epoch": 3,
        "notes": ["a", 1.5, torch.ones(3)],
        "state_dict": {"a.b": torch.ones(2)},
        "none": None,
        4: torch.zeros(1),
    }
    assert set(torch_weights.read(saved(tmp_path / "a.pth", value, layout))) == {"state_dict.a.b", "4"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_module_as_it_is_is_refused(tmp_path, layout):
    with pytest.raises(ModelError, match=r"a\.pth: it holds .*; only weights are read"):
        torch_weights.read(saved(tmp_path / "a.pth", torch.nn.Linear(2, 2), layout))


class Calls:
    """What a hostile file does: a call when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (self.mark, "w"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_call_in_a_file_is_never_made(tmp_path, layout):
    mark = tmp_path / "called"
    path = saved(tmp_path / "a.pth", {"weight": torch.ones(2), "bad": Calls(str(mark))}, layout)
    with pytest.raises(ModelError, match="open"):
        torch_weights.read(path)
    assert not mark.exists()


def test_what_torch_did_not_save_is_refused_in_one_line(tmp_path):
    for name, content in {"none": b"", "text": b"weights", "pickle": pickle.dumps({"a": 1})}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match=f"{name}: not weights that torch saved"):
            torch_weights.read(tmp_path / name)
    with pytest.raises(ModelError, match="cannot be read"):
        torch_weights.read(tmp_path / "absent.pth")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "text")
    with pytest.raises(ModelError, match="damaged weights"):
        torch_weights.read(tmp_path / "other.zip")


def test_big_endian_numbers_are_refused(tmp_path):
    path = saved(tmp_path / "a.pth", {"a": torch.ones(2)}, "zip")
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"big" if name.endswith("byteorder") else old.read(name))
    path.write_bytes(out.getvalue())
    with pytest.raises(ModelError, match="big-endian"):
        torch_weights.read(path)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    return {layout: saved(folder / layout, tensors(), layout).read_bytes() for layout in LAYOUTS}


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(files, tmp_path_factory, data):
    content = bytearray(files[data.draw(st.sampled_from(sorted(files)))])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    path = tmp_path_factory.mktemp("damaged") / "a.pth"
    path.write_bytes(bytes(content[: cut if data.draw(st.booleans()) else len(content)]))
    try:
        found = torch_weights.read(path)
    except ModelError as error:
        assert "\n" not in str(error)
    else:
        assert sum(array.nbytes for array in found.values()) < 100_000


def test_a_tensor_may_not_claim_more_than_its_storage_holds(tmp_path, files):
    """The sizes of one storage in the old layout, made larger than the file: no memory is taken for it."""
    content = files["stream"]
    sizes = [struct.pack("<q", n) for n in (24, 5)]
    for size in sizes:
        at = content.rfind(size)
        path = tmp_path / "a.pth"
        path.write_bytes(content[:at] + struct.pack("<q", 1 << 60) + content[at + 8 :])
        with pytest.raises(ModelError, match="damaged"):
            torch_weights.read(path)


def test_dictionaries_that_hold_one_another_without_end_are_refused(tmp_path):
    """Each holds the one before twice: 2 to the 60 entries, or it holds itself."""
    tree = {"weight": torch.ones(1)}
    for _ in range(60):
        tree = {"a": tree, "b": tree}
    with pytest.raises(ModelError, match="without end"):
        torch_weights.read(saved(tmp_path / "many.pth", tree, "zip"))
    ring = {}
    ring["self"] = ring
    with pytest.raises(ModelError, match="without end"):
        torch_weights.read(saved(tmp_path / "ring.pth", ring, "zip"))
