"""The console script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run one command and exit with its code. An interrupt while it still is being read in shows no traceback."""
    try:
        from beanstalk.cli.group import cli

        cli(prog_name="beanstalk")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
