"""photoplanet: where on Earth was this photo taken? The public names are below, imported when first used."""

import importlib

__version__ = "0.1.0"

# public name -> (module, attribute; None: the module itself). Lazy, so that `import photoplanet` takes milliseconds.
_PUBLIC = {
    "cells": ("photoplanet.earth.cells", None),
    "geodesy": ("photoplanet.earth.geodesy", None),
    "places": ("photoplanet.earth.gazetteer", None),
    "Partition": ("photoplanet.earth.partition.partition", "Partition"),
    "Hierarchy": ("photoplanet.earth.partition.hierarchy", "Hierarchy"),
    "load": ("photoplanet.model", "load"),
    "locate": ("photoplanet.locate", None),  # the package itself: calling it locates a photo
    "Prediction": ("photoplanet.locate.prediction", "Prediction"),
    "PhotoplanetError": ("photoplanet.errors", "PhotoplanetError"),
}
__all__ = [*_PUBLIC, "__version__"]


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'photoplanet' has no attribute {name!r}; it has {', '.join(_PUBLIC)}")
    module, attribute = _PUBLIC[name]
    value = importlib.import_module(module)
    value = value if attribute is None else getattr(value, attribute)
    globals()[name] = value
    return value


def __dir__():
    return sorted(__all__)
