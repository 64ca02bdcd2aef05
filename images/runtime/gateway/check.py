"""`python -m gateway.check MANIFEST`: imports every function; the test at the end of an image's build.

Exit code 1, and a line for each function that cannot be imported, with the reason and the place.
"""

from __future__ import annotations

import sys

from gateway import manifest
from gateway.errors import ManifestError
from gateway.functions import Functions


def main(words: list[str]) -> int:
    if len(words) != 1:
        sys.stderr.write("usage: python -m gateway.check MANIFEST\n")
        return 2
    try:
        found = manifest.read(words[0])
    except ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    messages = Functions(found).failures()
    for message in messages:
        sys.stderr.write(f"{message}\n")
    if not messages:
        sys.stdout.write(f"{found.module}: {len(found.functions)} functions can be imported\n")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
