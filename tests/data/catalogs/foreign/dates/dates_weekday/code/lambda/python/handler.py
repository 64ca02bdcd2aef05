from carto.lambda_wrapper import redshift_handler
from datetime import date, timedelta


@redshift_handler()
def process_row(row):
    return date.fromisoformat(row[0]).isoweekday()


lambda_handler = process_row
