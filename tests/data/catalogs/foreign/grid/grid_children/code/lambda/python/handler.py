from carto.lambda_wrapper import redshift_handler
from lib import children


@redshift_handler
def process_row(row):
    return children(*row) if row[0] is not None else None


lambda_handler = process_row
