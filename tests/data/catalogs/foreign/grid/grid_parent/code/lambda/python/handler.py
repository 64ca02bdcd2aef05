from carto.lambda_wrapper import redshift_handler
from lib import parent


@redshift_handler
def process_row(row):
    if row is None or row[0] is None:
        raise Exception('NULL argument passed to UDF')
    return parent(row[0])


lambda_handler = process_row
