"""An encoder from a model hub, `hf:ORG/NAME`: its ONNX file and how it wants photos, fetched or given in a folder."""

from dataclasses import replace
from pathlib import Path

from photoplanet.core import hub
from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.encoders import model_card, onnx_file, preprocessor_config
from photoplanet.encoders.encoder import Encoder
from photoplanet.encoders.onnx_file import NOTHING, Asked
from photoplanet.errors import InputError

# where repositories keep the network that takes photos, the likeliest first
NETWORKS = ("onnx/vision_model.onnx", "onnx/model.onnx", "vision_model.onnx", "model.onnx")
USUAL = "onnx/model.onnx"


def download(
    repo: str, folder: Path, asked: Asked = NOTHING, file: str = "", revision: str = "main", bar: Bar = no_bar,
    say: Say = silent,
) -> Encoder:  # fmt: skip
    """Fetch the ONNX file (`file`, or the first of NETWORKS) of a repository, and make an encoder of it in `folder`.

    What is to be fetched, how large it is, its licence and where it is from is said before. What was fetched is kept
    until the encoder is made. Errors as `hub.plan`, `hub.fetch` and `onnx_file.add`.

    >>> download("org", Path("mine"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: 'org': not the name of a repository of the hub, such as ORG/NAME
    """
    wanted = [file or NETWORKS]
    planned = hub.plan(repo, wanted, revision, asked.licence, optional=[preprocessor_config.NAME])
    for line in hub.described(planned):
        say(line)
    fetched = hub.fetch(planned, bar, say)
    network = planned.files[0]
    source = f"hf:{repo} {network.path}, commit {planned.commit}, SHA-256 {network.sha256 or 'checked by git hash'}"
    made = onnx_file.add(
        fetched / network.path, folder, replace(asked, licence=planned.licence), source=source, beside=fetched
    )
    hub.forget(planned)
    return made


def from_folder(repo: str, given: Path, folder: Path, asked: Asked = NOTHING, file: str = "") -> Encoder:
    """Make an encoder in `folder` of files of a repository that a person fetched by hand into the folder `given`.

    They lie there as in the repository. InputError where there is no ONNX file, or no licence is stated; else as
    `onnx_file.add`.

    >>> from_folder("org/name", Path("no-such"), Path("mine"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: no-such: no such folder; fetch the files into it first
    """
    if not given.is_dir():
        raise InputError(f"{given}: no such folder; fetch the files into it first")
    names = (file,) if file else NETWORKS
    found = next((given / name for name in names if (given / name).is_file()), None)
    if found is None:
        raise InputError(f"{given}: no {' or '.join(names)} in it; fetch it there, or name another with --file")
    licence = asked.licence or model_card.licence(given)
    if not licence:
        raise InputError(f"{given}: no {model_card.NAME} that states a licence; fetch it too, or give --licence TEXT")
    source = f"hf:{repo} {found.relative_to(given).as_posix()}, fetched by hand"
    return onnx_file.add(found, folder, replace(asked, licence=licence), source=source, beside=given)


def by_hand(repo: str, file: str = "", revision: str = "main") -> str:
    """Return what to type to add a repository's encoder without this program connecting to anything.

    >>> by_hand("org/name").startswith("curl -fL "), by_hand("org/name")[-50:]
    (True, '; photoplanet encoders add hf:org/name --from name')
    """
    files = [file or USUAL, preprocessor_config.NAME, model_card.NAME]
    folder = repo.partition("/")[2]
    more = f" --file {file}" if file else ""
    return "; ".join([*hub.by_hand(repo, files, revision), f"photoplanet encoders add hf:{repo} --from {folder}{more}"])
