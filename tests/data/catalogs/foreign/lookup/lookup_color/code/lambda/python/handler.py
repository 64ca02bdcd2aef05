from carto.lambda_wrapper import redshift_handler
from table import COLORS


@redshift_handler
def process_row(row):
    return COLORS.get(row[0])


lambda_handler = process_row
