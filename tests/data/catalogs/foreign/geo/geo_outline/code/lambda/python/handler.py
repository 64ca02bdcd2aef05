from carto.lambda_wrapper import redshift_handler
from lib.shapes.rings.box import box


@redshift_handler
def process_row(row):
    return box(*row)


lambda_handler = process_row
