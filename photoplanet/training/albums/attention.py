"""The network of `albums.attention` in torch: weights for the evidence of all photos of an album, at several scales."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from photoplanet.albums import attention
from photoplanet.albums.evidence import WRONG_ANCHOR
from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.training.albums.data import AlbumBatch, AlbumPhotos
from photoplanet.training.albums.networks import AlbumNetwork, embeddings_of
from photoplanet.training.placement import sent

SCALES_KM = (20.0, 100.0, 300.0, 1000.0, 3000.0)  # radii of neighbourhoods; before them, the cell itself
COVERS = 4  # divisions of the Earth at each scale: their mean has no borders to speak of
FLOOR = 1e-4  # of a neighbourhood's share of photos: a single photo cannot rule a place out
PSEUDO_PHOTOS = 0.5
LOWEST, HIGHEST = -30.0, 15.0  # of a weight's logarithm
ANCHORED, HIDDEN, UNTIMED = 0.03, 0.03, 0.1  # in training: photos of known place, unreadable ones, albums without times


def covers(partition: Partition, km: float) -> list[NDArray[np.int64]]:
    """Return COVERS divisions (classes,) of the cells into neighbourhoods of about `km` radius around random ones.

    No two centres are closer than `km`, and each cell goes to the nearest; the same for the same partition.

    >>> partition = Partition.uniform(np.array([48.9, 48.9, 35.7]), np.array([2.3, 2.4, 139.7]), level=10, min_photos=1)
    >>> len(covers(partition, 100.0)), len(set(covers(partition, 100.0)[0].tolist()))
    (4, 2)
    """
    xyz = geodesy.to_xyz(*partition.means.T)
    chord = 2 * np.sin(min(km / 2 / geodesy.EARTH_RADIUS_KM, np.pi / 2))
    found = []
    for number in range(COVERS):
        random = np.random.Generator(np.random.Philox(key=[number, int(km)]))
        free, centres = np.ones(len(xyz), bool), []
        for cell in random.permutation(len(xyz)):
            if free[cell]:
                centres.append(cell)
                free &= ((xyz - xyz[cell]) ** 2).sum(axis=1) > chord**2
        nearest = np.concatenate([(xyz[some] @ xyz[centres].T).argmax(axis=1) for some in _pieces(len(xyz))])
        found.append(nearest)
    return found


def _pieces(n: int) -> list[slice]:
    return [slice(start, start + 1024) for start in range(0, n, 1024)]


class AlbumAttention(AlbumNetwork):
    """The CNN's embeddings of albums → logits (steps, albums, classes), one album per column.

    `head`: the CNN's softmax layer (classes, d) and (classes,), calibrated (divided by the temperature): fixed, and
    used in training only, where the photos' log-probabilities are not stored.
    """

    cnn_weight: Tensor
    cnn_bias: Tensor
    share: Tensor
    divisions: Tensor
    shares: Tensor

    def __init__(self, partition: Partition, head: tuple[Tensor, Tensor], units: int, dropout: float = 0.0):
        super().__init__(head[0].shape[1], len(partition), units)
        for name, part in zip(("weight", "bias"), head, strict=True):  # no part of the state: it is the model's already
            self.register_buffer(f"cnn_{name}", part.detach().clone(), persistent=False)
        counts = np.maximum(partition.photo_counts, 0) + PSEUDO_PHOTOS
        self.register_buffer("share", torch.from_numpy(counts / counts.sum()).float())
        # The neighbourhoods of a scale's divisions are numbered through, so that one sum fills them all.
        numbered, self.sizes_of, self.first_of = [], list[int](), list[int]()
        for km in SCALES_KM:
            found = covers(partition, km)
            sizes = [int(cover.max()) + 1 for cover in found]
            starts = np.cumsum([0, *sizes])
            numbered.append(np.concatenate([cover + start for cover, start in zip(found, starts[:-1], strict=True)]))
            self.sizes_of.append(int(starts[-1]))
            self.first_of.append(sizes[0])
        self.register_buffer("divisions", torch.from_numpy(np.stack(numbered)))
        shares = [torch.zeros(size).scatter_add(0, torch.from_numpy(cells), self.share.repeat(COVERS))
                  for size, cells in zip(self.sizes_of, numbered, strict=True)]  # fmt: skip
        self.register_buffer("shares", torch.cat(shares))
        self.channels = 1 + len(SCALES_KM)
        self.photo = nn.Sequential(nn.Linear(self.embedding + 2, units), nn.ReLU(), nn.Dropout(dropout))
        self.dropout = nn.Dropout(dropout)
        self.given, self.taken = nn.Linear(units, self.channels), nn.Linear(units, self.channels)
        for layer in (self.given, self.taken):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        time = torch.full((self.channels, attention.TIME_FEATURES), -3.0)
        time[1:, :3] = -1.2  # within the hour at first: neighbours help each other to the neighbourhood
        time[0, 0] = 0.0
        itself = torch.full((self.channels,), -3.0)
        itself[0] = 5.0
        self.time, self.itself = nn.Parameter(time), nn.Parameter(itself)
        self.agreement = nn.Parameter(torch.zeros(self.channels, self.channels))
        self.gain, self.sharing = (nn.Parameter(torch.full((self.channels,), 0.7)) for _ in range(2))
        self.prior = nn.Parameter(torch.ones(()))

    def sizes(self) -> dict[str, int]:
        """Return the facts that the exported part needs."""
        return {"version": 1, "units": self.units, "classes": self.classes, "embedding": self.embedding}

    def inputs(self, photos: AlbumPhotos, batch: AlbumBatch, window: slice) -> tuple[Tensor, ...]:
        """Return what `forward` takes; in training some photos are hidden or placed, and some albums have no times."""
        rows = batch.rows.T
        there, safe = rows >= 0, np.maximum(rows, 0)
        gaps = np.where(there, photos.gaps[safe], 0.0)
        gaps[:, 0] = 0.0
        embeddings = embeddings_of(photos, rows)
        anchors = torch.full(rows.shape, -1)
        if self.training:
            gaps[torch.rand(len(rows)).numpy() < UNTIMED] = np.nan
            embeddings = embeddings * (torch.rand(rows.shape) >= HIDDEN)[..., None]
            known = torch.rand(rows.shape) < ANCHORED
            anchors = torch.where(known, torch.from_numpy(photos.classes[safe]).long(), -1)
        everyone = slice(None)
        times = torch.from_numpy(attention.pairs(*attention.apart(gaps), everyone, everyone))
        itself = torch.eye(rows.shape[1], device=self.device).expand(len(rows), -1, -1)
        placed = sent(anchors, self.device) if (anchors >= 0).any() else None
        embeddings, times, seen = (
            sent(part, self.device) for part in (embeddings, times, torch.from_numpy(there).float())
        )
        return self.own(embeddings, placed), embeddings, times, itself, seen

    @torch.no_grad()
    def own(self, embeddings: Tensor, anchors: Tensor | None = None) -> Tensor:
        """Return the CNN's log-probabilities of embeddings (…, d): flat for 0, nearly certain at an anchor."""
        flat = -float(np.log(self.classes))
        seen = (embeddings != 0).any(dim=-1, keepdim=True)
        found = torch.where(
            seen, nn.functional.linear(embeddings, self.cnn_weight, self.cnn_bias).log_softmax(dim=-1), flat
        )
        if anchors is None:
            return found
        sure = torch.full_like(found, float(np.log(WRONG_ANCHOR / max(self.classes - 1, 1))))
        sure.scatter_(-1, anchors.clamp(min=0)[..., None], float(np.log1p(-WRONG_ANCHOR)))
        return torch.where((anchors >= 0)[..., None], sure, found)

    def forward(
        self, own: Tensor, embeddings: Tensor, times: Tensor, itself: Tensor, there: Tensor, state: None = None
    ) -> tuple[Tensor, None]:
        """Return logits (steps, albums, classes), and no state: an album is answered at once."""
        return self.answer(own, embeddings, times, itself, there).transpose(0, 1), None

    def answer(self, own: Tensor, embeddings: Tensor, times: Tensor, itself: Tensor, there: Tensor) -> Tensor:
        """Return logits (b, t, classes) of t photos of b albums, from all m photos of each.

        `own` (b, m, classes), `embeddings` (b, m, d), `times` (b, t, m, TIME_FEATURES), `itself` (b, t, m): 1 where the
        two are the same photo, `there` (b, m): 0 for padding.
        """
        probabilities = own.exp()
        masses = [self._mass(probabilities, scale) for scale in range(len(SCALES_KM))]
        evidence = self._evidence(own, masses)
        weights = self._weights(own, probabilities, masses, embeddings, times, itself, there)
        logits = self.prior * self.share.log()
        for channel, found in enumerate(evidence):
            logits = logits + weights[..., channel] @ found
        return logits

    def _share(self, scale: int) -> Tensor:
        """The share of photos in each neighbourhood of a scale's divisions."""
        shares: tuple[Tensor, ...] = torch.split(self.shares, self.sizes_of)
        return shares[scale]

    def _mass(self, probabilities: Tensor, scale: int) -> Tensor:
        """Probability of each neighbourhood of a scale's divisions over its share of photos: (b, m, neighbourhoods)."""
        empty = probabilities.new_zeros(*probabilities.shape[:2], self.sizes_of[scale])
        repeated = probabilities.repeat(1, 1, COVERS)
        return empty.scatter_add(2, self.divisions[scale].expand_as(repeated), repeated) / self._share(scale)

    def _evidence(self, own: Tensor, masses: list[Tensor]) -> list[Tensor]:
        """log(p_k(c | s) / q_k(c)) of each scale: (b, m, classes) each."""
        found = [own - self.share.log()]
        for scale, mass in enumerate(masses):
            each = mass[:, :, self.divisions[scale]].view(*mass.shape[:2], COVERS, self.classes)
            found.append(((each.mean(dim=2) + FLOOR) / (1 + FLOOR)).log())
        return found

    def _weights(
        self, own: Tensor, probabilities: Tensor, masses: list[Tensor], embeddings: Tensor, times: Tensor,
        itself: Tensor, there: Tensor,
    ) -> Tensor:  # fmt: skip
        """w_k(t, s): (b, t, m, channels), 0 or more."""
        entropy = -(probabilities * own).sum(dim=2, keepdim=True)
        sure = own.max(dim=2, keepdim=True).values
        photo = self.photo(torch.cat([self.dropout((embeddings + self.shift) * self.scale), sure, entropy], dim=2))
        same = itself[..., None]
        alike = self._alike(probabilities, masses, itself) @ self.agreement.T
        logarithm = (times @ self.time.T + alike) * (1 - same) + same * self.itself
        logarithm = logarithm + self.given(photo)[:, None] + (itself @ self.taken(photo))[:, :, None]
        weight = logarithm.clamp(LOWEST, HIGHEST).exp() * there[:, None, :, None]
        # The more photos speak, the less each counts: those of one spot repeat each other.
        shared: Tensor = self.gain * weight / (1 + weight.sum(dim=2, keepdim=True)) ** self.sharing
        return shared

    def _alike(self, probabilities: Tensor, masses: list[Tensor], itself: Tensor) -> Tensor:
        """Log of how much likelier than by chance two photos share a neighbourhood: (b, t, m, channels)."""
        parts = [probabilities / self.share.sqrt()]
        for scale, mass in enumerate(masses):  # one of the divisions will do
            few = self.first_of[scale]
            parts.append(mass[:, :, :few] * self._share(scale)[:few].sqrt())
        found = [(itself @ part) @ part.transpose(1, 2) for part in parts]
        return (torch.stack(found, dim=3) + 1e-3).log() / 3
