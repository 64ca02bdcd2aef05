"""`python -m gateway`: an image's command. The same as `python -m awslambdaric gateway.entry.handler`."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    if "AWS_LAMBDA_RUNTIME_API" not in os.environ:
        sys.exit("AWS_LAMBDA_RUNTIME_API is not set: start this in Lambda, or under its emulator (aws-lambda-rie)")

    from awslambdaric.__main__ import main

    main([sys.argv[0], "gateway.entry.handler"])
