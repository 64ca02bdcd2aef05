from carto.lambda_wrapper import redshift_handler
from charset_normalizer import from_bytes


@redshift_handler
def process_row(row):
    return from_bytes(bytes.fromhex(row[0])).best().encoding


lambda_handler = process_row
