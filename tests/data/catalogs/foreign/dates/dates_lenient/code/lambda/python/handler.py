from carto.lambda_wrapper import ErrorHandlingMode, redshift_handler
from datetime import date


@redshift_handler(error_mode=ErrorHandlingMode.SILENT)
def process_row(row):
    return date.fromisoformat(row[0]).year


lambda_handler = process_row
