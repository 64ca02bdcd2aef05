from carto.lambda_wrapper import redshift_handler
from datetime import date, timedelta


@redshift_handler
def process_row(row):
    return str(date.fromisoformat(row[0]) + timedelta(days=row[1]))


lambda_handler = process_row
