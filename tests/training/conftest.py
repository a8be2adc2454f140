"""What the training tests share: a few tiny photos whose colour tells the city, and a recipe that learns in seconds."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from photoplanet.photos import table
from photoplanet.training import recipes

PLACES = np.array([[48.9, 2.3], [35.7, 139.7], [-22.9, -43.2], [-33.9, 151.2], [40.7, -74.0]])
COLOURS = np.array([[200, 60, 60], [60, 200, 60], [60, 60, 200], [190, 190, 60], [60, 190, 190]])


@pytest.fixture(autouse=True)
def one_thread():
    """Tests run side by side; torch's threads would wait for each other."""
    torch.set_num_threads(1)


def make_table(folder: Path, photos: int = 60, size: int = 40, seed: int = 0) -> Path:
    """`photos` JPEGs of five cities and their table; the colour tells the city."""
    random = np.random.default_rng(seed)
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    rows = []
    for i in range(photos):
        city = i % len(PLACES)
        pixels = np.clip(COLOURS[city] + random.normal(0, 20, (size, size, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "photos" / f"{i}.jpg", quality=90)
        latitude, longitude = PLACES[city] + random.normal(0, 0.05, 2)
        rows.append({"photo_id": f"p{i}", "path": f"photos/{i}.jpg", "latitude": latitude, "longitude": longitude})
    return table.write(table.from_rows(rows), folder / "photos.parquet")


@pytest.fixture(scope="session")
def photo_table(tmp_path_factory) -> Path:
    """The table of 60 tiny photos, not to be changed."""
    return make_table(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="session")
def few_photos(tmp_path_factory) -> Path:
    """The table of 24 tiny photos, not to be changed."""
    return make_table(tmp_path_factory.mktemp("few"), photos=24)


@pytest.fixture(scope="session")
def small_recipe() -> recipes.Recipe:
    """The default recipe, small: 32 px, a quarter of the width, 10 steps, float32."""
    return recipes.changed(
        recipes.named("default"),
        [
            "image_size=32",
            "width=0.25",
            "steps=10",
            "batch_size=16",
            "precision=float32",
            "min_photos=2",
            "max_photos=20",
        ],
    )
