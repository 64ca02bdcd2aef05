"""TWICE: a doubled number; needs a package only to have one in the image."""

from __future__ import annotations

import six
from gateway import redshift_handler


@redshift_handler
def lambda_handler(number: int) -> int:
    return number * len(six.integer_types) * 2
