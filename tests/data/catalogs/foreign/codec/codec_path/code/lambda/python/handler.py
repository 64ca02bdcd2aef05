from carto.lambda_wrapper import redshift_handler
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'vendored'))
import tables  # noqa: E402


@redshift_handler
def process_row(row):
    return tables.NAMES[row[0]]


lambda_handler = process_row
