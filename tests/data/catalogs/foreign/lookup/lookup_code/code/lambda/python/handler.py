from carto.lambda_wrapper import redshift_handler
from table import CODES


@redshift_handler
def process_row(row):
    return CODES[row[0]]


lambda_handler = process_row
