"""Foreign XML: bounded in depth, without document types, and named as it is written or by its namespaces."""

import pytest

from photoplanet.errors import InputError
from photoplanet.metadata.xml_events import parse


def names(data, **options):
    found = []
    parse(data, lambda name, attributes, at: found.append(name), lambda name, at: None, lambda text: None, **options)
    return found


def test_elements_nest_200_deep_and_no_deeper():
    assert len(names(b"<a>" * 200 + b"</a>" * 200)) == 200
    with pytest.raises(InputError, match="deeper than 200"):
        names(b"<a>" * 201 + b"</a>" * 201)


def test_names_carry_their_namespace_or_are_as_written():
    data = b'<x:a xmlns:x="urn:1"><x:b/></x:a>'
    assert names(data) == ["urn:1 a", "urn:1 b"]
    assert names(data, namespaces=False) == ["x:a", "x:b"]
    with pytest.raises(InputError, match="not well-formed"):
        names(b"<x:a/>")
    assert names(b"<x:a/>", namespaces=False) == ["x:a"]


@pytest.mark.parametrize("data", [b"<!DOCTYPE a><a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
                                  b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'])  # fmt: skip
def test_document_types_are_refused(data):
    with pytest.raises(InputError, match="document type"):
        names(data)
