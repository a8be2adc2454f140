"""`python -m photoplanet` is the command line."""

from photoplanet.cli import main

if __name__ == "__main__":
    main()
