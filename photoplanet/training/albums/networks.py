"""The paper's album networks: the CNN's embedding of each photo → LSTM → softmax over the same cells (§4, Fig. 12)."""

from abc import ABC, abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from photoplanet.albums.networks import Reading
from photoplanet.training.albums.data import AlbumBatch, AlbumPhotos
from photoplanet.training.placement import sent

State = tuple[Tensor, Tensor] | None


def embeddings_of(photos: AlbumPhotos, rows: NDArray[np.int64]) -> Tensor:
    """Return the embeddings of photos `rows` (…) → (…, d) float32, 0 where there is no photo.

    >>> photos = AlbumPhotos(np.ones((2, 3), np.float16), *np.zeros((4, 2)), np.array([0, 2]))
    >>> embeddings_of(photos, np.array([[1, -1]]))[0].tolist()
    [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
    """
    found = np.asarray(photos.embeddings[np.maximum(rows, 0).ravel()], np.float32)
    return torch.from_numpy(found.reshape(*rows.shape, -1) * (rows >= 0)[..., None])


class AlbumNetwork(nn.Module, ABC):
    """What album networks share: embeddings (…, d) are standardised inside, 0 stands for a photo that cannot be read.

    A network is called with what `inputs` returns and the state before, and gives logits (steps, albums, classes), one
    album per column, and the state after. `inputs` lays out on the processor and sends; nothing waits for the device.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, embedding: int, classes: int, units: int):
        super().__init__()
        self.embedding, self.classes, self.units = embedding, classes, units
        self.register_buffer("shift", torch.zeros(embedding))
        self.register_buffer("scale", torch.ones(embedding))

    @property
    def device(self) -> torch.device:
        """What the network is on."""
        return self.shift.device

    @torch.no_grad()
    def set_scale(self, mean: Tensor, deviation: Tensor) -> None:
        """Standardise embeddings by the training photos' mean (d,) and deviation (d,); a constant one is left alone."""
        self.shift.copy_(-mean)
        self.scale.copy_(torch.where(deviation > 1e-6, 1 / deviation, torch.ones_like(deviation)))

    @abstractmethod
    def inputs(self, photos: AlbumPhotos, batch: AlbumBatch, window: slice) -> tuple[Tensor, ...]:
        """Return what the network is called with for a window of a batch, on the network's device."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Return the facts that the exported part needs."""


class AlbumLSTM(AlbumNetwork):
    """Embeddings (steps, albums, d) → logits (steps, albums, classes), one album per column."""

    def __init__(self, reading: Reading, embedding: int, classes: int, units: int, dropout: float = 0.0):
        super().__init__(embedding, classes, units)
        self.reading = reading
        self.ahead = nn.LSTM(embedding, units)
        self.back = nn.LSTM(embedding, units) if reading.both_ways else None
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(units * (2 if reading.both_ways else 1), classes)
        for lstm in (self.ahead, self.back):
            if lstm is not None:
                weights = lstm.state_dict()
                weights["bias_hh_l0"][units : 2 * units] = 1.0  # keep the state at first (Jozefowicz et al. 2015)

    def inputs(self, photos: AlbumPhotos, batch: AlbumBatch, window: slice) -> tuple[Tensor, ...]:
        """Return what `forward` takes for a window of a batch."""
        return sent(embeddings_of(photos, batch.rows[window]), self.device), sent(
            torch.from_numpy(batch.lengths), self.device
        )

    def forward(self, embeddings: Tensor, lengths: Tensor, state: State = None) -> tuple[Tensor, State]:
        """Return logits, and the state after the last step; `lengths` (albums,) steps of each, to read it backwards."""
        photos = self.dropout((embeddings + self.shift) * self.scale)
        hidden, state = self.ahead(photos, state)
        if self.back is not None:
            turned = _turned(len(photos), lengths)
            backwards, _ = self.back(_picked(photos, turned))
            hidden = torch.cat([hidden, _picked(backwards, turned)], dim=2)
        return self.head(self.dropout(hidden)), state

    def sizes(self) -> dict[str, int]:
        """Return the facts that the exported part needs."""
        return {"units": self.units}


def _turned(steps: int, lengths: Tensor) -> Tensor:
    """Step numbers (steps, albums) that turn each album round within its own length."""
    step = torch.arange(steps, device=lengths.device)[:, None]
    return torch.where(step < lengths, lengths - 1 - step, step)


def _picked(values: Tensor, steps: Tensor) -> Tensor:
    return values.gather(0, steps[:, :, None].expand(-1, -1, values.shape[2]))
