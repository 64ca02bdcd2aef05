from carto.lambda_wrapper import redshift_handler
import os


@redshift_handler
def process_row(row):
    return os.environ.get('AWS_LAMBDA_FUNCTION_NAME', 'nowhere') if row[0] == 'where' else row[0]


lambda_handler = process_row
