"""The training of the retrieval embedding (paper, Sect. 3): the triplet loss, as a task for the one loop."""

import hashlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from photoplanet.errors import InputError
from photoplanet.models import folder
from photoplanet.photos import decode
from photoplanet.training import optimizer, precision
from photoplanet.training.classifier import Classifier
from photoplanet.training.distributed import CPU, Ranks
from photoplanet.training.embedding import triplet
from photoplanet.training.embedding.photos import EmbeddedPhotos
from photoplanet.training.placement import sent
from photoplanet.training.task import Facts, Task

RADII_KM = (1.0, 25.0)  # of recall@1, whose mean chooses the best step
VALIDATIONS = 5  # in a run
# Most photos in a validation's library and queries; True: for the whole CNN, which has to decode them all
MAX_CHECKED = {False: (50_000, 5_000), True: (5_000, 1_000)}
BATCH = 64

Rows = NDArray[np.int64]


class WholeNetwork(nn.Module):
    """The whole CNN with the head on top: uint8 (n, size, size, 3) → unit vectors (n, 256)."""

    def __init__(self, classifier: Classifier, head: triplet.Head):
        super().__init__()
        self.classifier, self.head = classifier, head
        self.precision = "float32"  # of the CNN; distances between vectors need more digits than bfloat16 has

    def forward(self, photos: Tensor) -> Tensor:
        """Return the vectors."""
        with precision.autocast(self.precision, photos.device):
            embedding = self.classifier(photos).embedding
        vectors: Tensor = self.head(embedding.float())
        return vectors


class EmbeddingTask(Task[Rows]):
    """The training of a head on the CNN's embeddings, or of the whole CNN (`WholeNetwork`) from pixels.

    On a GPU (`device`) nothing is waited for within a step, so that photos are read for the next one meanwhile, and the
    CNN computes in bfloat16 where the GPU does. In eval mode: the batch norms keep the classifier's statistics, which
    batches of few places would upset.
    """

    keeps_best = True
    if_not_finite = "use a lower --learning-rate"

    def __init__(
        self, module: triplet.Head | WholeNetwork, training: EmbeddedPhotos, held_out: EmbeddedPhotos,
        info: folder.ModelInfo, sampler: triplet.PlaceSampler, settings: triplet.Settings, device: torch.device = CPU,
    ):  # fmt: skip
        self.model, self.training, self.sampler, self.settings = module.eval().to(device), training, sampler, settings
        self.ranks, self.from_pixels, self.preprocessing = Ranks(device=device), False, info.preprocessing
        if isinstance(module, WholeNetwork):
            self.from_pixels = True
            module.precision = precision.resolve("auto" if device.type == "cuda" else "float32", device)
        most, queries = MAX_CHECKED[self.from_pixels]
        self.library, self.queries = training.evenly(most), held_out.evenly(queries)
        self.optimizer = torch.optim.AdamW(
            module.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.total, self.photos_a_step = settings.steps, settings.places * settings.each
        self.recipe = {"network": self.from_pixels, **asdict(settings)}
        self.defaults = {"network": False, **asdict(triplet.Settings())}
        digest = hashlib.sha256(training.places.tobytes() + info.hashes[folder.NETWORK].encode())
        self.data = digest.hexdigest()

    def batches(self, first: int, stop: int) -> Generator[Rows, None, None]:
        """Yield the rows of each step's photos."""
        yield from map(self.sampler.batch, range(first, stop))

    def backward(self, batch: Rows, step: int) -> Tensor:
        """Add the gradients of the triplet loss."""
        at, settings = self.training.part(batch), self.settings
        positive, negative = triplet.pairs(at.places[:, 0], at.places[:, 1], at.photographer, settings)
        vectors = self.model(sent(self.inputs(at), self.ranks.device))
        loss = triplet.loss(vectors, torch.from_numpy(positive), torch.from_numpy(negative), settings.margin)
        torch.autograd.backward(loss)
        return loss.detach().double().view(1)

    def rate(self, step: int) -> float:
        """Return half a cosine, from the learning rate to 0."""
        return optimizer.half_cosine(self.settings.learning_rate, step / self.total)

    def ends_epoch(self, step: int) -> bool:
        """Return whether a fifth of the steps ends."""
        return step % max(1, self.total // VALIDATIONS) == 0

    def validate(self, step: int) -> Facts:
        """Return recall@1 of held-out photos among training photos."""
        return {"recall": self.recall(self._vectors)}

    def summary(self, result: Facts) -> str:
        """Return recall@1 within the radii."""
        return f"recall@1 {shares(result['recall'])}"

    def is_better(self, result: Facts, best: Facts) -> bool:
        """Return whether the mean recall is higher."""
        return bool(sum(result["recall"].values()) > sum(best["recall"].values()))

    def inputs(self, photos: EmbeddedPhotos) -> Tensor:
        """Return what the network takes of these photos: embeddings float32, or pixels uint8."""
        if not self.from_pixels:
            return torch.from_numpy(photos.embeddings.astype(np.float32))
        return torch.from_numpy(np.stack(list(_pixels(photos.sources, self.preprocessing))))

    def recall(self, vectors_of: Callable[[EmbeddedPhotos], NDArray[np.float32]]) -> dict[str, float]:
        """Return recall@1 of held-out photos among training photos, within 1 and 25 km."""
        found = vectors_of(self.library), self.library.places, vectors_of(self.queries), self.queries.places
        return triplet.recall(*found, RADII_KM)

    def _vectors(self, photos: EmbeddedPhotos) -> NDArray[np.float32]:
        made = [torch.empty((0, triplet.NUMBERS), device=self.ranks.device)]
        with torch.inference_mode():
            for start in range(0, len(photos), BATCH):
                rows = np.arange(start, min(start + BATCH, len(photos)))
                made.append(self.model(sent(self.inputs(photos.part(rows)), self.ranks.device)))
        found: NDArray[np.float32] = torch.cat(made).cpu().numpy()
        return found


def unit_embeddings(photos: EmbeddedPhotos) -> NDArray[np.float32]:
    """Return the classifier's own embeddings (n, d) at length 1, to compare with.

    >>> photos = EmbeddedPhotos(["a.jpg"], np.zeros((1, 2)), np.array([-1]), np.array([[3, 4]], np.float16))
    >>> unit_embeddings(photos).tolist()
    [[0.6..., 0.8...]]
    """
    rows = photos.embeddings.astype(np.float32)
    found: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-12)
    return found


def shares(found: dict[str, float]) -> str:
    """Return shares within radii in words.

    >>> shares({"1 km": 0.25, "25 km": 0.5})
    '25.0% within 1 km, 50.0% within 25 km'
    """
    return ", ".join(f"{share:.1%} within {radius}" for radius, share in found.items())


def _pixels(sources: list[Any], preprocessing: decode.Preprocessing) -> Iterator[NDArray[np.uint8]]:
    for one in decode.load_many(sources, preprocessing):
        if isinstance(one, InputError):  # it could be read when the run began
            raise one
        yield one
