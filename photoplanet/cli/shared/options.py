"""Options that several commands share, so that each is explained once; they are decorators for a command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from photoplanet.cli.shared.commands import InFile, OutFile, Source
from photoplanet.core import devices
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.point_estimates import DEFAULT_READOUT, READOUTS
from photoplanet.locate.precision import CHOICES, DEFAULT_PRECISION
from photoplanet.photos import pixel_limit

Command = TypeVar("Command", bound=Callable[..., Any])

IN_FILE = InFile()
SOURCE = Source()  # a file or folder, or an address in a store
IN_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
OUT_FILE = OutFile()  # "-": stdout
OUT_TABLE = OutFile(folders=True)
OUT_FOLDER = click.Path(file_okay=False, path_type=Path)

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
MODEL = click.option(
    "--model", metavar="MODEL", help="An installed model's name, or a folder.  [default: the one you chose]"
)
THREADS = click.option("--threads", type=click.IntRange(1, 1024), help="Cores to use.  [default: all]")
DEVICE = click.option("--device", type=click.Choice(devices.NAMES),
                      help="What the network works on; auto: the best that works.  [default: auto]")  # fmt: skip
PRECISION = click.option("--precision", type=click.Choice(CHOICES), default=DEFAULT_PRECISION,
                         show_default=True, help="What coordinates and names are rounded to; auto: printed by their "
                         "radius, and in files and JSON not at all.")  # fmt: skip
READOUT = click.option("--readout", type=click.Choice(list(READOUTS)), default=DEFAULT_READOUT, show_default=True,
                       help="How the distribution becomes one point; 'center' is the paper's.")  # fmt: skip
ANSWER_ALWAYS = click.option("--answer-always", is_flag=True, help="Give a place even where the evidence is weak.")
CSV = click.option("--csv", "csv_path", type=OUT_FILE, help="Write CSV, as `photoplanet score` reads it.")
FILES_FROM = click.option("--files-from", type=click.Path(allow_dash=True, dir_okay=False), metavar="FILE",
                          help="Read more names from FILE ('-': stdin), one per line.")  # fmt: skip


def _limit(ctx: click.Context, _: click.Parameter, pixels: int) -> int:
    ctx.with_resource(pixel_limit.limited(pixels))
    return pixels


MAX_PIXELS = click.option("--max-pixels", type=click.IntRange(1), default=pixel_limit.MAX_PIXELS, show_default=True,
                          callback=_limit, expose_value=False, help="Decode no photo with more pixels: it may be a "
                          "decompression bomb. Its own place and time count.")  # fmt: skip
SIGNS = click.option("--signs/--no-signs", default=None, help="Read the text in photos as evidence of their place.  "
                     "[default: where the extra 'signs' is installed]")  # fmt: skip
CLOCK = click.option("--clock/--no-clock", default=True, show_default=True,
                     help="Take the offset of the camera's clock from UTC as evidence of the time zone.")  # fmt: skip
BASE_MODEL = click.option("--model", required=True, help="The model to build on: an installed name or a folder.")
ADD_TO = click.option("-o", "--output", type=click.Path(path_type=Path), required=True,
               help="The model folder to add it to: the model's own, or a new one, made as a copy.")  # fmt: skip
VALIDATION = click.option("--validation", type=IN_FILE,
                          help="Validate on this photo table instead of a tenth of PHOTOS.")  # fmt: skip
HOST = click.option("--host", default="127.0.0.1", show_default=True,
                    help="Address to listen on; another one lets other machines reach it.")  # fmt: skip
TOKEN = click.option("--token", help="What clients must send. Made up if needed: where others can reach the server.")
HOSTS = click.option("--allow-host", "hosts", multiple=True, metavar="NAME",
                     help="A name this server goes by; repeatable.")  # fmt: skip


def areas(command: Command) -> Command:
    """Add --within and --not-within: what the person knows of where the photos were taken."""
    forms = "DE, Germany, 'lat,lng,km', 'south,west,north,east' or FILE.geojson; repeatable"
    within = click.option("--within", multiple=True, metavar="AREA", help=f"The photos are from AREA: {forms}.")
    outside = click.option(
        "--not-within", multiple=True, metavar="AREA", help="The photos are not from AREA; repeatable."
    )
    return within(outside(command))


def coordinate_columns(command: Command) -> Command:
    """Add --latitude-column and --longitude-column, for tables with several pairs of coordinates."""
    latitude = click.option("--latitude-column", metavar="NAME",
                            help="The table's column with latitudes, where several could be meant.")  # fmt: skip
    longitude = click.option("--longitude-column", metavar="NAME",
                             help="Its column with longitudes; the same NAME where one column has both.")  # fmt: skip
    return latitude(longitude(command))


def named_columns(latitude: str | None, longitude: str | None) -> tuple[str, str] | None:
    """Return the columns that were named, None for none; a usage error for one without the other."""
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        raise click.UsageError("give both --latitude-column and --longitude-column, or neither")
    return latitude, longitude


def region(about: str) -> Callable[[Command], Command]:
    """Return the option --region, the share of the probability that a credible region holds."""
    return click.option("--region", type=click.FloatRange(0, 1, min_open=True), default=REGION_SHARE,
                        show_default=True, help=about)  # fmt: skip


def album_method(command: Command) -> Command:
    """Add --method, how the photos of an album inform each other."""
    from photoplanet.albums.methods import AUTO, METHODS

    names = [AUTO, *METHODS]
    return click.option("--method", type=click.Choice(names), default=AUTO, show_default=True, metavar="METHOD",
                        help=f"How the photos inform each other: {', '.join(names)}.")(command)  # fmt: skip
