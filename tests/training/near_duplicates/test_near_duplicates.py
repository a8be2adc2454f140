import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.training.loop import Loop
from photoplanet.training.near_duplicates import network
from photoplanet.training.near_duplicates import task as task_module
from photoplanet.training.near_duplicates.network import Coder, contrastive_loss
from photoplanet.training.near_duplicates.pool import drawn, parts
from photoplanet.training.near_duplicates.task import NearDuplicateTask, balance, shrink
from photoplanet.training.near_duplicates.train import THRESHOLD, train, write

SCRIPT = Path(__file__).parents[3] / "scripts" / "train_near_duplicates.py"


@pytest.fixture(scope="module")
def pool():
    return np.stack([drawn(np.random.default_rng(seed)) for seed in range(6)])


@pytest.fixture(scope="module")
def trained(pool):
    losses = []
    model = train(
        pool,
        3,
        groups=2,
        rate=3e-3,
        advance=lambda count=1, note="": losses.extend([float(note.split()[1])] if note else []),
    )
    return model, losses


def test_the_loss_is_that_of_a_loop():
    first, second = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(0)).unbind()
    soft = np.tanh(torch.cat([first, second]).numpy().astype(float))
    unit = soft / np.linalg.norm(soft, axis=1, keepdims=True)
    total = 0.0
    for i in range(10):
        others = [j for j in range(10) if j != i]
        scores = np.array([unit[i] @ unit[j] / 0.3 for j in others])
        total -= scores[others.index((i + 5) % 10)] - np.log(np.exp(scores).sum())
    expected = total / 10 + network.QUANTISATION * ((1 - np.abs(soft)) ** 2).mean()
    assert float(contrastive_loss(first, second, 0.3)) == pytest.approx(expected, rel=1e-5)


def test_each_step_is_reported_and_bits_are_balanced(trained, pool):
    model, losses = trained
    assert len(losses) == 3
    photos = np.stack([shrink(Image.fromarray(p)) for p in pool.reshape(-1, *pool.shape[2:])])
    with torch.no_grad():
        on = (model(torch.from_numpy(photos)) > 0).float().mean(dim=0)
    assert 0.2 < float(on.median()) < 0.8


class Steep(NearDuplicateTask):
    """A loss that is a million times as steep."""

    def backward(self, batch, step):
        loss = super().backward(batch, step)
        for parameter in self.model.parameters():
            parameter.grad.mul_(1e6)
        return loss


def test_a_gradient_is_cut_to_a_length_of_5(pool):
    task = Steep(Coder(16), pool, steps=1, groups=2, seed=0, rate=1.0)
    task.optimizer = torch.optim.SGD(task.model.parameters(), lr=1.0)
    before = torch.cat([p.detach().flatten().clone() for p in task.model.parameters()])
    Loop(task, None).run()
    after = torch.cat([p.detach().flatten() for p in task.model.parameters()])
    rate = 1 / 20  # the first step of the warm-up
    assert float((after - before).norm()) == pytest.approx(5 * rate, rel=1e-3)


def test_each_bit_is_on_for_half_of_the_photos(pool, monkeypatch):
    monkeypatch.setattr(task_module, "distort", lambda image, rng, most: image)
    torch.manual_seed(0)
    model = Coder(64)
    balance(model, pool, np.random.default_rng(0))
    photos = np.stack([shrink(Image.fromarray(p)) for p in pool.reshape(-1, *pool.shape[2:])])
    with torch.no_grad():
        on = (model(torch.from_numpy(photos)) > 0).sum(dim=0)
    assert int((on - len(photos) / 2).abs().max()) <= 1


def test_the_same_seed_gives_the_same_network(pool):
    first, second, other = (train(pool, 1, groups=2, seed=seed).head.weight for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_onnx_answers_as_torch_and_is_small(trained, tmp_path):
    model, _ = trained
    path = write(model, tmp_path / "net", {"steps": 12})
    assert path.stat().st_size < 1_050_000
    assert json.loads(path.with_suffix(".json").read_text())["bits"] == 256
    session = onnxruntime.InferenceSession(path.read_bytes())
    for count in (1, 3):
        photos = np.random.default_rng(count).integers(0, 256, (count, 64, 64, 3), np.uint8)
        found = session.run(["code"], {"images": photos})[0]
        mirrored = session.run(["code"], {"images": photos[:, :, ::-1].copy()})[0]
        with torch.no_grad():
            expected = model(torch.from_numpy(photos)).numpy()
        assert np.abs(found - expected).max() < 0.02 * np.abs(expected).max()  # float16 weights
        assert np.abs(found - mirrored).max() < 1e-3 * np.abs(expected).max()


def test_an_untrained_network_is_mirror_proof_too():
    model = Coder(32).eval()
    photos = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        assert torch.allclose(model(photos), model(photos.flip(2)), atol=1e-4)


def test_parts_of_a_photo_do_not_overlap():
    width, height = 200, 150
    ramp = np.zeros((height, width, 3), np.uint8)
    ramp[..., 0], ramp[..., 1] = np.arange(width)[None], np.arange(height)[:, None]
    for seed in range(5):
        four = parts(Image.fromarray(ramp), np.random.default_rng(seed)).astype(int)
        assert four.shape == (4, 112, 112, 3)
        assert four[0, ..., 0].max() <= four[1, ..., 0].min() + 1  # left of, above: up to the resampling
        assert four[0, ..., 1].max() <= four[2, ..., 1].min() + 1
        assert four[2, ..., 0].max() <= four[3, ..., 0].min() + 1


def test_too_few_photos_are_refused(pool):
    with pytest.raises(InputError, match="a batch needs 32"):
        train(pool, 1)


def test_the_whole_command(tmp_path):
    rows = [("photo_id", "path")]
    for seed in range(2):
        Image.fromarray(drawn(np.random.default_rng(seed))[0]).save(tmp_path / f"{seed}.png")
        rows.append((str(seed), f"{seed}.png"))
    with (tmp_path / "photos.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    table, out = str(tmp_path / "photos.csv"), tmp_path / "net"
    command = [sys.executable, SCRIPT, table, "--toy", table, "--procedural", "2", "--steps", "2", "-o", out]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    facts = json.loads((out / "binary_codes.json").read_text())
    assert facts["steps"] == 2
    assert facts["threshold"] == THRESHOLD
    assert "step 1: loss" in done.stdout
