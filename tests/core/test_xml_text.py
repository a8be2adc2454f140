from xml.sax import saxutils

from hypothesis import given
from hypothesis import strategies as st

from photoplanet.core.xml_text import escape, quoteattr


@given(st.text(alphabet="ab&<>\"'\n\r\té;#"))
def test_text_is_written_as_the_standard_library_does(text):
    assert escape(text) == saxutils.escape(text)
    assert quoteattr(text) == saxutils.quoteattr(text)
