"""Checkpoints: nothing lost by a kill, a full disk or damage; damage and strangers are named."""

import contextlib
import errno
import os
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from photoplanet.errors import ModelError, TrainingError
from photoplanet.training import checkpoint


def tensors(step):
    return {"a": torch.full((3, 2), float(step)), "b": torch.tensor(step), "c": torch.ones(2, dtype=torch.bfloat16)}


def write(folder, step):
    return checkpoint.write(folder, tensors(step), {"step": step})


def step_in(folder):
    found = checkpoint.read(folder)
    return None if found is None else found[1]["step"]


def test_the_last_one_is_read_and_the_one_before_is_kept(tmp_path):
    assert checkpoint.read(tmp_path) is None
    for step in (1, 2, 3):
        write(tmp_path, step)
    found, facts, note = checkpoint.read(tmp_path)
    assert (facts, note) == ({"step": 3}, "")
    assert all(torch.equal(found[name], value) for name, value in tensors(3).items())
    assert checkpoint.read_file(tmp_path / checkpoint.BEFORE)[1] == {"step": 2}
    assert sorted(p.name for p in tmp_path.iterdir()) == [checkpoint.BEFORE, checkpoint.LAST]


@pytest.mark.parametrize("die_at", range(6))
def test_a_kill_between_any_two_file_operations_loses_nothing(tmp_path, monkeypatch, die_at):
    write(tmp_path, 1)
    write(tmp_path, 2)
    done = []

    class Killed(BaseException):
        pass

    def counted(operation):
        def run(*args):
            if len(done) == die_at:
                raise Killed
            done.append(1)
            return operation(*args)

        return run

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", counted(Path.replace))
        patch.setattr(os, "fsync", counted(os.fsync))
        with contextlib.suppress(Killed):
            write(tmp_path, 3)
    assert step_in(tmp_path) == (3 if die_at >= 4 else 2)
    write(tmp_path, 4)
    assert step_in(tmp_path) == 4


def test_a_full_disk_is_said_and_the_older_checkpoints_survive(tmp_path, monkeypatch):
    write(tmp_path, 1)
    write(tmp_path, 2)

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(TrainingError, match=r"the disk is full.*make room"):
            write(tmp_path, 3)
    assert step_in(tmp_path) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == [checkpoint.BEFORE, checkpoint.LAST]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_is_found_and_the_one_before_serves(tmp_path, data):
    write(tmp_path, 1)
    path = write(tmp_path, 2)
    whole = bytearray(path.read_bytes())
    if data.draw(st.booleans(), label="cut off"):
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    else:
        start = 8 + int.from_bytes(whole[:8], "little")  # a changed tensor; the header has its own checks
        place = data.draw(st.integers(start, len(whole) - 1))
        whole[place] ^= data.draw(st.integers(1, 255))
        path.write_bytes(whole)
    _, facts, note = checkpoint.read(tmp_path)
    assert facts["step"] == 1
    assert checkpoint.LAST in note and "before" in note


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a pickle", b"\xff" * 100])
def test_strangers_and_no_whole_one_at_all(tmp_path, content):
    (tmp_path / checkpoint.LAST).write_bytes(content)
    with pytest.raises(ModelError, match="--resume never"):
        checkpoint.read(tmp_path)


def test_safetensors_of_somebody_else(tmp_path):
    from safetensors.torch import save_file

    save_file({"x": torch.ones(1)}, tmp_path / checkpoint.LAST)
    with pytest.raises(ModelError, match="is not a training checkpoint"):
        checkpoint.read(tmp_path)


def trained(steps, kind, seed=0):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
    optimizer = kind(model.parameters())
    go_on(model, optimizer, range(steps))
    return model, optimizer


def go_on(model, optimizer, steps):
    for step in steps:
        x = torch.randn((6, 4), generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()


@pytest.mark.parametrize(
    "kind", [torch.optim.AdamW, lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), torch.optim.Adagrad]
)
def test_a_restored_optimizer_goes_on_bit_for_bit(tmp_path, kind):
    straight, _ = trained(7, kind)
    model, optimizer = trained(4, kind)
    checkpoint.write(tmp_path, checkpoint.collect(model, None, optimizer), {})
    other, fresh = trained(1, kind, seed=5)
    checkpoint.restore(checkpoint.read(tmp_path)[0], other, None, fresh)
    go_on(other, fresh, range(4, 7))
    for name, value in straight.state_dict().items():
        assert torch.equal(value, other.state_dict()[name])


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    model, optimizer = trained(2, torch.optim.AdamW)
    found = checkpoint.collect(model, None, optimizer)
    wider = nn.Sequential(nn.Linear(4, 9), nn.BatchNorm1d(9), nn.Linear(9, 3))
    with pytest.raises(ModelError, match="another network"):
        checkpoint.restore(found, wider, None, torch.optim.AdamW(wider.parameters()))
