from carto.lambda_wrapper import redshift_handler
from helper import turn


@redshift_handler
def process_row(row):
    return turn(row[0])


lambda_handler = process_row
