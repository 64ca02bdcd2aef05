from carto.lambda_wrapper import redshift_handler
from lib.words import loud


@redshift_handler
def process_row(row):
    return loud(row[0]) if row[0] is not None else None


lambda_handler = process_row
