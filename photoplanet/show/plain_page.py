"""What pages without a script have in common: they work offline, ask nobody for anything, and are dark by night."""

import base64
import html

FOOT = "</body></html>\n"
_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title><style>
body {{ font: 16px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: {width}px; padding: 0 1rem; color: #222;
       background: #fff }}
h1 {{ font-size: 1.4rem }} h2 {{ font-size: 1.1rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere }}
footer {{ color: #666; font-size: .8rem; margin-top: 3rem }}
{style}@media (prefers-color-scheme: dark) {{ body {{ color: #ddd; background: #181818 }} footer {{ color: #aaa }}
{dark}}}
</style></head><body><h1>{title}</h1>
"""


def head(title: str, width: int, style: str = "", dark: str = "") -> str:
    r"""Return the start of a page with its title as the heading, at most `width` pixels wide; `FOOT` ends it.

    `style`: CSS of its own, lines that end in a line break; `dark`: the same for screens that are dark.

    >>> page = head("What <this> is", 1000, "b { color: #b3261e }\n")
    >>> "<h1>What &lt;this&gt; is</h1>" in page, "max-width: 1000px" in page
    (True, True)
    """
    return _HEAD.format(title=html.escape(title), width=width, style=style, dark=dark)


def jpeg_address(data: bytes) -> str:
    """Return the address under which a page finds the bytes of a JPEG in itself.

    >>> jpeg_address(b"abc")
    'data:image/jpeg;base64,YWJj'
    """
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
