from carto.lambda_wrapper import redshift_handler
from lib import to_cell


@redshift_handler
def process_row(row):
    if not row or row[0] is None or row[1] is None:
        return None
    return to_cell(float(row[0]), float(row[1]), row[2])


lambda_handler = process_row
