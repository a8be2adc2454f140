"""How Sphinx makes the site (`make docs`): from the Markdown pages here, the tutorial, which is run, and docstrings.

Nothing is loaded from elsewhere, neither while it is built nor by who reads it.
"""

from typing import Any, Generic, TypeVar

import numpy.typing

from photoplanet import __version__

project = "photoplanet"
author = "the photoplanet authors"
release = version = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]

# Links to headings work as on the code host: experiments.md#albums
myst_heading_anchors = 3
# The notebook lies here without outputs, and is run in a temporary folder for its page.
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
nb_render_markdown_format = "gfm"  # tables in answers

# Docstrings are plain text with `names` in single backticks.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 100
highlight_language = "none"  # indented blocks hold commands, output and file trees

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = "photoplanet"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False


class NDArray(Generic[TypeVar("Scalar")]):  # type: ignore[misc]
    """Signatures show NumPy's names for types instead of the half page that each of them stands for."""


NDArray.__module__ = "numpy.typing"
names: Any = numpy.typing
names.NDArray, names.ArrayLike = NDArray, TypeVar("ArrayLike")
