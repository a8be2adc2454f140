"""`photoplanet toyworld`: photos of a small made-up Earth, and the best accuracy possible there."""

from pathlib import Path

import click

from photoplanet.cli.shared import commands, options
from photoplanet.cli.shared.output import print_json
from photoplanet.cli.shared.progress import bar
from photoplanet.toyworld.paint import SIZE


@commands.command()
@click.option("-o", "--output", required=True, type=options.OUT_FOLDER,
              help="The folder to write: empty, or one to go on with.")  # fmt: skip
@click.option("--photos", type=click.IntRange(1, 10**9), default=2000, show_default=True, help="How many photos.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True,
              help="Which travellers; the Earth stays the same.")  # fmt: skip
@click.option(
    "--size", type=click.IntRange(32, 2048), default=SIZE, show_default=True, help="Width and height, pixels."
)
@click.option("--shards", is_flag=True, help="Write WebDataset shards, as img2dataset does, instead of single files.")
@click.option("--coordinates", type=click.Path(exists=True, dir_okay=False),
              help="CSV or Parquet of real geotags to draw the photos at.")  # fmt: skip
@click.option("--signs", type=click.FloatRange(0, 1), default=0.0, show_default=True, metavar="SHARE",
              help="Share of the outdoor photos with a sign in real letters; signs.jsonl says which.")  # fmt: skip
@click.option("--without-gps", type=click.FloatRange(0, 1), default=0.0, show_default=True, metavar="SHARE",
              help="Share of the photos without GPS in the file, to be placed by the others.")  # fmt: skip
@click.option("--only-signs", is_flag=True,
              help="Photos of signs of real countries instead, which only their text can place.")  # fmt: skip
@click.option("--processes", type=click.IntRange(1, 1024), help="Processes that paint.  [default: one per core]")
@click.option("--ceiling", is_flag=True, help="Also compute the best accuracy that any model could reach (5 to 20 s).")
@options.JSON
def command(
    output: Path, photos: int, seed: int, size: int, shards: bool, coordinates: str | None, signs: float,
    without_gps: float, only_signs: bool, processes: int | None, ceiling: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make photos of a toy Earth: real cities, made-up looks, known truth.

    Its places are NOT real: a model trained on it knows the toy Earth only.

    \b
    Example:
      photoplanet toyworld -o toy/ --photos 2000
      photoplanet train toy/photos.parquet -o toy-model/
      photoplanet toyworld -o signs/ --only-signs --photos 12
    """
    from photoplanet.toyworld import write
    from photoplanet.toyworld.ceiling import ceiling as best_possible
    from photoplanet.toyworld.letters import right_country

    if only_signs:
        _only_signs(output, photos, seed, as_json)
        return
    order = write.Order(photos, seed, size, shards, coordinates, signs, without_gps)
    with bar("painting", photos) as advance:
        path = write.write(output, order, processes, advance)
    world, letters = write.make_world(order), write.make_letters(order)
    bounds = best_possible(world, letters=letters) if ceiling else {}
    alone = right_country(letters, world, world.city_weight) if ceiling and letters else {}
    truth = path.with_name(write.TRUTH)
    if as_json:
        limits = {name: bound._asdict() for name, bound in bounds.items()}
        said = {"signs": str(truth), "country_by_letters": alone} if signs else {}
        print_json({"table": str(path), "photos": photos, **said, "ceiling": limits})
        return
    click.echo(f"{photos} photos of the toy Earth (not real places): {path}")
    if signs:
        click.echo(f"what stands on their signs: {truth}")
    for name, bound in bounds.items():
        click.echo(f"best possible accuracy, {name:<10} {100 * bound.low:5.1f} … {100 * bound.high:5.1f} %")
    for kind, share in alone.items():
        click.echo(f"right country at best from a sign alone, {kind:<8} {100 * share:5.1f} %")


def _only_signs(output: Path, photos: int, seed: int, as_json: bool) -> None:
    from photoplanet.toyworld import sign_photos

    given = click.get_current_context()
    for name in ("size", "shards", "coordinates", "signs", "without_gps", "processes", "ceiling"):
        if given.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"--{name.replace('_', '-')} is of the toy Earth's photos: leave it out with --only-signs"
            )
    with bar("painting", photos) as advance:
        path = sign_photos.write(output, photos, seed, advance=advance)
    truth = path.with_name(sign_photos.TRUTH)
    if as_json:
        print_json({"table": str(path), "photos": photos, "signs": str(truth)})
        return
    click.echo(f"{photos} generated photos of signs: {path}")
    click.echo(f"what they say, and where each was meant to be: {truth}")
