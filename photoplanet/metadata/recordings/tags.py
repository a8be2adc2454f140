"""XML from a logger, read tag by tag, so that a damaged file gives what it holds.

An XML parser gives up at the first fault, and loggers write files with many: cut when the battery died, with blocks of
NULs, names in another encoding, an unescaped &. So tags are looked for, as exiftool does, and nothing is ever expanded.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

from photoplanet.errors import InputError, printable
from photoplanet.metadata.recordings.recording import Gathering, Points

_LONGEST = 1 << 16  # characters of one tag; comments may be longer
_SILENCE = 1 << 25  # characters without a tag, behind which nothing is expected
_WORD = r"[A-Za-z_][\w.-]*"
# Each repetition stops at the next "<", so that no text takes longer than its length.
_TOKEN = re.compile(
    r"(?P<comment><!--)|(?P<cdata><!\[CDATA\[)|(?P<doctype><!(?:DOCTYPE|ENTITY)\b)|<[?!][^<>]*>"
    rf"""|<(?P<end>/?)(?:{_WORD}:)?(?P<name>{_WORD})(?=[\s/>])(?P<rest>[^<>"']*(?:(?:"[^"<]*"|'[^'<]*')[^<>"']*)*)>""",
    re.IGNORECASE,
)
_CLOSINGS = {"comment": "-->", "cdata": "]]>"}


class Reader(ABC):
    """What has been read so far of a file whose root is `root`, tag after tag; one subclass a format.

    `inside`: whether the tags since may be trusted to be of one point; a hole in the file ends it. `catching`: the
    element whose text is wanted, "" for none; `caught`: that text as far as it came.
    """

    root = ""
    kind = "recorded point"
    most_caught = 200  # characters of the text of one element: its beginning

    def __init__(self) -> None:
        self.gathering = Gathering()
        self.track = self.marked = 0
        self.inside = False
        self.catching = self.caught = ""

    @abstractmethod
    def start(self, name: str, rest: str) -> None:
        """Take the beginning of an element; `rest`: its attributes as they are written."""

    @abstractmethod
    def end(self, name: str) -> None:
        """Take the end of an element."""

    def catch(self, name: str) -> None:
        """Want the text of an element, up to its end or the next tag that is one of its own."""
        self.catching, self.caught = name, ""

    def text(self, name: str) -> str:
        """Return what was caught of an element that ends, and catch no more; "" for another."""
        caught = self.caught.strip() if self.catching == name else ""
        self.catching = ""
        return caught

    def broken(self) -> None:
        """A hole in the file: what is lost may be the end of one point and the beginning of another."""
        self.inside, self.catching = False, ""

    def finish(self) -> None:  # noqa: B027  # most have nothing to do then
        """Take the end of the file."""


def scan(text: Iterable[str], *kinds: type[Reader]) -> tuple[Points, str]:
    """Read the recorded points in pieces of text by the reader for their root; memory is bounded whatever the length.

    Also what recorded points are called there. InputError for another root, for a document type, whose entities can
    grow without bound, and for too many points.

    >>> scan(["<html></html>"], Reader)
    Traceback (most recent call last):
    photoplanet.errors.InputError: it starts with <html>; give the track that was recorded
    """
    document = _Document(kinds)
    for token in _tokens(text, document):
        document.take(token)
    return document.finish()


def _tokens(text: Iterable[str], document: "_Document") -> Iterator[re.Match[str]]:
    """The tags in order; `document` gets the text before each, and what no tag follows at the end."""
    kept = hidden = ""  # hidden: what ends the comment or CDATA that the text is in
    silence = 0
    for piece in text:
        kept += piece
        silence += len(piece)
        document.nuls += piece.count("\0")
        at = 0
        while True:
            if hidden:
                end = kept.find(hidden, at)
                if hidden == "]]>":
                    document.between(kept, at, end if end >= 0 else len(kept) - 2, quoted=True)
                if end < 0:
                    at = max(at, len(kept) - 2)
                    break
                at, hidden = end + 3, ""
            token = _TOKEN.search(kept, at)
            if token is None:
                start = kept.rfind("<", at)  # the end of this tag may still come
                start = len(kept) if start < 0 or len(kept) - start > _LONGEST else start
                document.between(kept, at, start)
                at = start
                break
            document.between(kept, at, token.start())
            at = token.end()
            silence = 0
            hidden = _CLOSINGS.get(token.lastgroup or "", "")
            if not hidden:
                yield token
        kept = kept[at:]
        if silence > _SILENCE:
            break
    if document.reader:
        document.reader.finish()
        document.reader.broken()
    document.between(kept, 0, len(kept))


class _Document:
    """The file around the points: which format it is, whether it ends, what is behind its end."""

    def __init__(self, kinds: tuple[type[Reader], ...]) -> None:
        self.kinds = {kind.root: kind for kind in kinds}
        self.reader: Reader | None = None
        self.nuls = 0
        self.ended = self.more = False

    def between(self, text: str, start: int, end: int, quoted: bool = False) -> None:
        """Take the text between two tags; `quoted`: out of CDATA, where a "<" is one."""
        reader = self.reader
        if start >= end or reader is None:
            return
        if reader.inside and (text.find("\0", start, end) >= 0 or (not quoted and text.find("<", start, end) >= 0)):
            reader.broken()
        elif reader.catching and len(reader.caught) < reader.most_caught:
            reader.caught += text[start : min(end, start + reader.most_caught)]
        elif self.ended and not self.more:
            self.more = bool(text[start:end].strip("\0 \t\r\n"))

    def take(self, token: re.Match[str]) -> None:
        """Take one tag."""
        if token["doctype"]:
            raise InputError("it declares a document type (<!DOCTYPE>), which is not read; remove that line")
        name = token["name"]
        if name is None:
            return
        if self.reader is None:
            if name not in self.kinds:
                raise InputError(f"it starts with <{printable(name)[:40]}>; give the track that was recorded")
            self.reader = self.kinds[name]()
        if not token["end"]:
            self._start(self.reader, name, token["rest"])
        if token["end"] or token["rest"].endswith("/"):
            self.reader.end(name)
            self.ended = self.ended or name == self.reader.root

    def _start(self, reader: Reader, name: str, rest: str) -> None:
        if name == reader.root:
            self.ended = False
        elif self.ended:
            self.more = True
        if reader.inside and "\0" in rest:
            reader.broken()
        reader.start(name, rest)

    def finish(self) -> tuple[Points, str]:
        """Return what was read."""
        if self.reader is None:
            raise InputError("it holds no track; export it again")
        faults = [] if self.ended else ["ends early"]
        faults += [f"holds {self.nuls:,} NUL bytes"] if self.nuls else []
        faults += ["has more after its end"] if self.more else []
        return self.reader.gathering.points(self.reader.marked, faults), self.reader.kind
