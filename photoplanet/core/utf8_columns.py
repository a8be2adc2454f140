"""Columns of Parquet whose texts nobody has checked: which rows are UTF-8, and the table without the others."""

from contextlib import suppress
from typing import Any

import pyarrow as pa

NOT_TEXT = "text is not UTF-8"


def decodable(found: pa.Table) -> tuple[pa.Table, dict[str, list[int]]]:
    """Return a table without the rows whose text is not UTF-8, and {reason: their numbers, from 1}.

    >>> decodable(pa.table({"id": ["a"]}))[1]
    {}
    """
    if is_sound(found):
        return found, {}
    found = spelt_out(found)
    keep = [all(row) for row in zip(*map(_readable, found.columns), strict=True)]
    gone = [number for number, kept in enumerate(keep, start=1) if not kept]
    clean = without_bad_text(found).filter(pa.array(keep, pa.bool_()))
    return clean, {NOT_TEXT: gone} if gone else {}


def spelt_out(found: Any) -> Any:
    """Return a table or batch whose dictionaries of texts are columns of texts, which can be looked at one by one.

    >>> spelt_out(pa.table({"id": pa.array(["a"]).dictionary_encode()}))["id"].type
    DataType(string)
    """
    columns = []
    for column in found.columns:
        coded = pa.types.is_dictionary(column.type) and _is_text(column.type.value_type)
        columns.append(column.cast(column.type.value_type) if coded else column)
    return type(found).from_arrays(columns, names=found.schema.names)


def is_sound(found: pa.Table | pa.RecordBatch) -> bool:
    """Return whether all texts of a table or batch are UTF-8.

    >>> is_sound(pa.table({"id": ["a"]}))
    True
    """
    kinds = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in found.schema.types]
    if any(_is_bytes(kind) for kind in kinds):  # which Arrow checks only where they are made texts
        return False
    with suppress(pa.ArrowInvalid):
        found.validate(full=True)
        return True
    return False


def without_bad_text(found: Any) -> Any:
    r"""Return a table or batch with null for every text that is not UTF-8; ArrowInvalid where more is wrong than that.

    >>> without_bad_text(pa.table({"id": pa.array([b"a", b"\xe9"])}))["id"].to_pylist()
    ['a', None]
    """
    columns = []
    for column in found.columns:
        if _is_text(column.type):
            raw = zip(_raw(column), _readable(column), strict=True)
            texts = [value.decode() if good and value is not None else None for value, good in raw]
            column = pa.array(texts, pa.string())
        columns.append(column)
    clean = type(found).from_arrays(columns, names=found.schema.names)
    clean.validate(full=True)
    return clean


def _readable(column: Any) -> list[bool]:
    """Which values of a column are UTF-8, or no text at all."""
    if not _is_text(column.type):
        return [True] * len(column)
    return [value is None or _is_utf8(value) for value in _raw(column)]


def _raw(column: Any) -> list[bytes | None]:
    """Texts as bytes, which nobody has checked yet."""
    kind = column.type
    wide = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
    texts: list[bytes | None] = column.cast(pa.large_binary() if wide else pa.binary()).to_pylist()
    return texts


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_bytes(kind))


def _is_bytes(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
