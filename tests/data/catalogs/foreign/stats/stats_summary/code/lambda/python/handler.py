from carto.lambda_wrapper import redshift_handler
import json


@redshift_handler
def process_row(row):
    numbers = json.loads(row[0])
    return {'least': min(numbers), 'most': max(numbers)}


lambda_handler = process_row
