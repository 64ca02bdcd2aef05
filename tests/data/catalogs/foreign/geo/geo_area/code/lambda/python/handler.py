from carto.lambda_wrapper import redshift_handler
from lib.shapes._utils import area


@redshift_handler
def process_row(row):
    return area(*row)


lambda_handler = process_row
