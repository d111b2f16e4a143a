"""The command line. Errors a person can act on end with their message and a code, never with a traceback."""

from __future__ import annotations

import sys


def main() -> None:
    from headrace.cli.commands import cli
    from headrace.errors import HeadraceError

    try:
        cli()
    except HeadraceError as error:
        print(f"headrace: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        # the reader (head, less) has seen enough
        sys.stderr.close()
        raise SystemExit(0) from None
