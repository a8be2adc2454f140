"""The command line with a file that is run first: how the tests put a fault into a server."""

import runpy
import sys

if __name__ == "__main__":
    plugin, arguments = sys.argv[1], sys.argv[2:]
    if plugin:
        runpy.run_path(plugin)
    from photoplanet.cli import main

    main(arguments)
