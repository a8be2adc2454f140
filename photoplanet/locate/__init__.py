"""Photos → places. The package is callable too: `photoplanet.locate("photo.jpg")` is `locator.locate`."""

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    """`photoplanet.locate` is both a public function and, once anything in here is imported, this package.

    Its types are those of `locator.locate`, as which `photoplanet/__init__.py` shows it to type checkers.
    """

    def __call__(self, photo: Any, model: Any = None) -> Any:
        """As `photoplanet.locate.locator.locate`."""
        from photoplanet.locate import locator

        return locator.locate(photo, model)


sys.modules[__name__].__class__ = _Callable
