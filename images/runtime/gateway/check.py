"""`python -m gateway.check MANIFEST`: imports every function; the test at the end of an image's build.

Exit code 1, and a line for each function that cannot be imported, with the reason and the place.
"""

from __future__ import annotations

import sys

from gateway import manifest
from gateway.errors import BatchError, ManifestError
from gateway.functions import Functions


def failures(found: manifest.Manifest) -> list[str]:
    """A message for every function that cannot be imported, in the manifest's order."""
    functions = Functions(found)
    messages: list[str] = []
    for entry in found.functions:
        try:
            functions.load(entry)
        except BatchError as error:  # noqa: PERF203  all of them are told
            messages.append(str(error))
    return messages


def main(words: list[str]) -> int:
    if len(words) != 1:
        sys.stderr.write("usage: python -m gateway.check MANIFEST\n")
        return 2
    try:
        found = manifest.read(words[0])
    except ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    messages = failures(found)
    for message in messages:
        sys.stderr.write(f"{message}\n")
    if not messages:
        sys.stdout.write(f"{found.module}: {len(found.functions)} functions can be imported\n")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
