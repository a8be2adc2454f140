"""What a person does with a loaded model: locate photos and albums, find similar photos, explain, evaluate."""

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from photoplanet.core import progress, tables_extra
from photoplanet.earth.areas import parse
from photoplanet.locate import opening, world
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.locator import Areas, Locator, Photo
from photoplanet.locate.point_estimates import DEFAULT_READOUT
from photoplanet.locate.prediction import Prediction

if TYPE_CHECKING:
    import pyarrow as pa

    from photoplanet.explain.occlusion import Occlusion
    from photoplanet.metadata.track import Track
    from photoplanet.retrieval.library.matching import Match


def load(
    model: str | os.PathLike[str] | None = None, threads: int | None = None, signs: bool | None = None,
    clock: bool = True, prior: str | os.PathLike[str] | None = None, strike: Sequence[str] = (),
    device: str | None = None,
) -> "Model":  # fmt: skip
    """Load a model: an installed name, a folder, "none", or (None) the user's default; ModelError for a bad one.

    Without a default, None is "none": places come from what stands in the photos. `threads`: cores that the network may
    use (None: all); `signs`: whether the text in photos is read (None: where the extra is installed, and the Earth is
    the real one); `clock`: whether the camera's clock counts; `prior`: a table of geotagged photos, which says where
    others are expected where there is no model; `strike`: texts, and no line that holds one counts as evidence;
    `device`: what the network works on, "cpu", "cuda", "openvino" or "auto", the best that works (None: as the variable
    PHOTOPLANET_DEVICE says, or "auto"). The model's `device` says which it became. InputError for one that is not here.

    >>> model = load("toy", device="cpu")
    >>> model.info.name, len(model.partition), model.device.name
    ('toy', 1044, 'cpu')
    """
    bundle = opening.bundle_of(model, signs, prior=prior)
    collector = opening.collector_of(bundle.info, signs, clock, threads)
    return Model(bundle, threads, collector=collector, strike=tuple(strike), device=device)


class Model(Locator):
    """A loaded model, and what a person does with it.

    Photos are paths, `shard.tar#member`, bytes, PIL images or uint8 arrays (h, w, 3).
    """

    def __repr__(self) -> str:
        """Name the model, how many cells it knows, and its world.

        >>> load("toy")
        Model("toy", 1,044 cells, world="toy")
        """
        world = "toy" if self.info.is_toy else "real"
        return f'Model("{self.info.name}", {len(self.partition):,} cells, world="{world}")'

    def locate_album(
        self,
        photos: Iterable[Photo],
        times: Iterable[Any] | None = None,
        method: str | None = None,
        anchors: Iterable[tuple[float, float] | None] | None = None,
        track: "Track | None" = None,
        readout: str | None = None,
        advance: progress.Advance = progress.ignore,
        *,
        within: Areas = None,
        not_within: Areas = None,
    ) -> list[Prediction]:
        """Locate the photos of one album together → one Prediction per photo, in the given order.

        As `albums.locate_album.locate_album`, which says what the arguments are; by default times and known places
        (GPS) are those in the photos' EXIF. `within`, `not_within`: areas that the photos are known to be from, or not
        from, as for `locate`; a known place outside stays. InputError when no photo can be read and no place is known.

        >>> import numpy as np
        >>> album = [np.full((64, 64, 3), grey, np.uint8) for grey in (0, 90, 255)]
        >>> found = load("toy").locate_album(album, times=["2024-05-01 10:00", "2024-05-01 10:05", None])
        >>> len(found)
        3
        """
        from photoplanet.albums.locate_album import locate_album

        cut = self.cut(within, not_within)
        return locate_album(self, photos, times, method, anchors, track, readout, advance, cut)

    def similar(
        self,
        photo: Photo,
        library: str | os.PathLike[str],
        k: int = 5,
        *,
        by: str = "local",
        index: str | os.PathLike[str] | None = None,
        update: bool = True,
        threads: int | None = None,
        bar: progress.Bar = progress.no_bar,
        within: Areas = None,
        not_within: Areas = None,
    ) -> "list[Match]":
        r"""Find the photos of a geotagged library that show what a photo shows → at most `k` matches, the best first.

        `library`: a folder of geotagged photos, or a photo table; its index is built beside it, or brought up to date.
        `by`: "local" (details that geometry proves; `Match.trusted` says whether it did) or "embedding" (vectors of
        this model). `index`, `update`, `bar`: as `retrieval.library.library.open`. `within`, `not_within`: areas that
        the matches were taken in, or not, as for `locate`. For many photos, open the library once. InputError for a
        photo or library that cannot be read; MissingExtra without the retrieval extra.

        >>> import pathlib, tempfile
        >>> from PIL import Image
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> for name in ("one", "two"):
        ...     Image.effect_noise((96, 96), 60).save(folder / f"{name}.png")
        >>> rows = "photo_id,path,latitude,longitude", "one,one.png,48.86,2.35", "two,two.png,-33.87,151.21"
        >>> _ = (folder / "photos.csv").write_text("\n".join(rows))
        >>> load("toy").similar(folder / "two.png", folder / "photos.csv", k=1, by="embedding")[0].photo_id
        'two'
        """
        from photoplanet.retrieval.library import library as libraries

        model = self if by == "embedding" else None
        found = libraries.open(library, by, model, index, update=update, threads=threads, bar=bar)
        return found.similar_in(photo, k, parse.areas(within, not_within), threads=threads)[0]

    def explain(
        self,
        photo: Photo,
        truth: tuple[float, float] | None = None,
        *,
        positions: int | None = None,
        box: float | None = None,
        regions: int | None = None,
        advance: progress.Advance = progress.ignore,
        within: Areas = None,
        not_within: Areas = None,
    ) -> "Occlusion":
        """Say which parts of a photo speak for its place: a grey box slides over it (paper, Fig. 10).

        `truth`: latitude, longitude in degrees where known: then its cell is explained, else the most probable one, of
        the areas `within`, `not_within` where they are given (as for `locate`).
        `positions`, `box`, `regions`: as `explain.occlusion.occlude`. InputError for a photo that cannot be read, a
        truth outside every cell, or numbers out of range.

        >>> import numpy as np
        >>> found = load("toy").explain(np.zeros((64, 64, 3), np.uint8), positions=2)
        >>> found.heat.shape == found.photo.shape[:2]
        True
        """
        from photoplanet.explain import occlusion

        return occlusion.occlude(
            self,
            photo,
            truth,
            occlusion.POSITIONS if positions is None else positions,
            occlusion.BOX if box is None else box,
            occlusion.REGIONS if regions is None else regions,
            advance,
            self.cut(within, not_within),
        )

    def evaluate(
        self,
        photos: "str | os.PathLike[str] | pa.Table",
        *,
        readout: str = DEFAULT_READOUT,
        top: int = 5,
        region: float = REGION_SHARE,
        by: str | None = None,
        uncovered: str = "distance",
        resample: str | None = None,
        training: str | os.PathLike[str] | None = None,
        drop_duplicates: bool = False,
        beside_baselines: bool = False,
        signs: bool = False,
        threads: int | None = None,
        bar: progress.Bar = progress.no_bar,
    ) -> dict[str, Any]:
        r"""Measure the model on a photo table, a file or a `pyarrow.Table` → everything that `evaluate --json` prints.

        Accuracy at 1, 25, 200, 750 and 2500 km with 95 % intervals, median error, GeoScore, top-k, calibration, and
        which photos have a (near-)duplicate among the training photos. `signs`: with the text in photos and whatever
        else `locate` takes as evidence, not the network alone; where there is no model, that is all there is. Other
        arguments and keys are those of `evaluation.evaluate.evaluate`. InputError for a table that cannot be used.

        >>> import pathlib, tempfile
        >>> from PIL import Image
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> Image.new("RGB", (96, 96), "red").save(folder / "red.png")
        >>> _ = (folder / "photos.csv").write_text("photo_id,path,latitude,longitude\nred,red.png,48.86,2.35\n")
        >>> found = load("toy").evaluate(folder / "photos.csv")
        >>> found["photos"], found["world"], sorted(found["accuracy"])
        (1, 'toy', ['city', 'continent', 'country', 'region', 'street'])
        """
        with tables_extra.needed():
            from photoplanet.evaluation import truth
            from photoplanet.evaluation.evaluate import evaluate

        measured: Locator = self
        if self.collector is not None and not signs and world.ground_of(self.partition) is None:
            measured = Locator(self.bundle, self.threads, self.abstain_below, device=self.device.name)
        return evaluate(
            measured,
            truth.of(photos),
            readout=readout,
            top=top,
            region=region,
            by=by,
            uncovered=uncovered,
            resample=resample,
            training=training,
            drop_duplicates=drop_duplicates,
            beside_baselines=beside_baselines,
            threads=threads,
            bar=bar,
        )
