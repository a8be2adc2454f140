"""A film as a picture: Pillow's class for it, whose size is known at once, and whose pixels are its clearest frame."""

import importlib.util
from typing import IO, Any

import numpy as np
from PIL import Image, ImageFile

from photoplanet.errors import MissingExtra
from photoplanet.photos import film_boxes
from photoplanet.photos.photo_error import NEEDS, PhotoError

_SHARES = (0.1, 0.5, 0.9)  # of its length: where frames are looked at
_MOST_PACKETS = 600  # until a frame comes
_CODECS = ("h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "mjpeg", "prores", "h263", "mpeg2video", "dnxhd")
_TURNS = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}


class FilmImageFile(ImageFile.ImageFile):
    """A film that was opened: `film` is what its boxes say; loading it needs the extra `video`.

    Of three frames, at its beginning, in its middle and at its end, the one with the most detail is its picture: films
    begin black, and end on a pocket.
    """

    format = "FILM"
    format_description = "MP4 or QuickTime film"

    def _open(self) -> None:
        self.film = film_boxes.read(self.fp)  # type: ignore[arg-type]
        width, height = self.film.width, self.film.height
        if not width:
            raise SyntaxError("a film without a picture")
        self._size = (height, width) if self.film.orientation >= 5 else (width, height)
        self._mode = "RGB"
        self.tile = []
        if self.film.xmp:
            self.info["xmp"] = self.film.xmp

    def load(self) -> Any:
        """Read the frames, at once upright."""
        if self.fp is not None and getattr(self, "_frame", None) is None:
            self._frame = _clearest(self.fp, self.film)
            self.im = self._frame.im
            self._size = self._frame.size
        return super().load()


def _clearest(file: IO[bytes], film: film_boxes.Film) -> Image.Image:
    name = str(getattr(file, "name", "") or "film")
    if importlib.util.find_spec("av") is None:
        raise PhotoError(name, NEEDS, str(MissingExtra("reading the frames of films", "video")))
    import av

    av.logging.set_level(None)
    file.seek(0)
    best, most = None, -1.0
    # FFmpeg gets a file and one format: nothing is looked up by a name that the film holds
    with av.open(file, format="mov", metadata_errors="ignore") as container:
        stream = container.streams.video[0]
        if stream.codec_context.name not in _CODECS:
            raise OSError(f"its codec {stream.codec_context.name} is not read; save it as H.264")
        stream.codec_context.options = {"max_pixels": str(2 * film.width * film.height)}
        stream.codec_context.thread_count = 1
        for share in _SHARES:
            frame = _frame_at(container, stream, share)
            if frame is not None and (detail := _detail(frame)) > most:
                best, most = frame, detail
    if best is None:
        raise EOFError("no frame can be read; the film is truncated")
    return best.transpose(_TURNS[film.orientation]) if film.orientation in _TURNS else best


def _frame_at(container: Any, stream: Any, share: float) -> Image.Image | None:
    """The first frame that can be read from there on; None where none comes soon."""
    try:
        if stream.duration:
            container.seek((stream.start_time or 0) + int(share * stream.duration), stream=stream)
        for number, packet in enumerate(container.demux(stream)):
            for frame in packet.decode():
                image: Image.Image = frame.to_image()
                return image
            if number > _MOST_PACKETS:
                break
    except (OSError, ValueError, EOFError):  # of one place; another may be whole
        pass
    return None


def _detail(image: Image.Image) -> float:
    """How much neighbouring pixels of a small copy differ."""
    small = np.asarray(image.convert("L").resize((96, 96), Image.Resampling.BOX), np.float32)
    return float(np.abs(np.diff(small, axis=0)).mean() + np.abs(np.diff(small, axis=1)).mean())
