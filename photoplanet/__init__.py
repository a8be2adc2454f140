"""photoplanet: where on Earth was this photo taken? The public names are below, imported when first used."""

import importlib
import os

# ONNX Runtime reports to its maker, and keeps an id of the machine, unless this is set before it is imported
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

TYPE_CHECKING = False  # true to type checkers; `typing` itself would double the time that an import takes
if TYPE_CHECKING:
    from photoplanet.earth import cells as cells
    from photoplanet.earth import gazetteer as gazetteer
    from photoplanet.earth import geodesy as geodesy
    from photoplanet.earth.partition.hierarchy import Hierarchy as Hierarchy
    from photoplanet.earth.partition.partition import Partition as Partition
    from photoplanet.errors import PhotoplanetError as PhotoplanetError
    from photoplanet.locate.locator import locate as locate
    from photoplanet.locate.prediction import Prediction as Prediction
    from photoplanet.model import Model as Model
    from photoplanet.model import load as load

    places = gazetteer

__version__ = "0.1.0"

# public name -> (module, attribute; None: the module itself). Lazy, so that `import photoplanet` takes milliseconds.
_PUBLIC = {
    "cells": ("photoplanet.earth.cells", None),
    "geodesy": ("photoplanet.earth.geodesy", None),
    "gazetteer": ("photoplanet.earth.gazetteer", None),
    "Partition": ("photoplanet.earth.partition.partition", "Partition"),
    "Hierarchy": ("photoplanet.earth.partition.hierarchy", "Hierarchy"),
    "load": ("photoplanet.model", "load"),
    "Model": ("photoplanet.model", "Model"),
    "locate": ("photoplanet.locate", None),  # the package itself: calling it locates a photo
    "Prediction": ("photoplanet.locate.prediction", "Prediction"),
    "PhotoplanetError": ("photoplanet.errors", "PhotoplanetError"),
}
_RENAMED = {"places": "gazetteer"}  # old name -> new one; an old name works for one version
__all__ = [
    "Hierarchy",
    "Model",
    "Partition",
    "PhotoplanetError",
    "Prediction",
    "__version__",
    "cells",
    "gazetteer",
    "geodesy",
    "load",
    "locate",
]


if not TYPE_CHECKING:  # or every name would be there for a type checker

    def __getattr__(name: str) -> object:
        if name in _RENAMED:
            import warnings

            message = f"photoplanet.{name} is now photoplanet.{_RENAMED[name]}; the old name goes with the next version"
            warnings.warn(message, DeprecationWarning, stacklevel=2)
            return __getattr__(_RENAMED[name])
        if name not in _PUBLIC:
            raise AttributeError(f"module 'photoplanet' has no attribute {name!r}; it has {', '.join(_PUBLIC)}")
        module, attribute = _PUBLIC[name]
        value = importlib.import_module(module)
        value = value if attribute is None else getattr(value, attribute)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
