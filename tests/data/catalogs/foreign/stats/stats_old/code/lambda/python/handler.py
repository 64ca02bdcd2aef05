from carto.lambda_wrapper import redshift_handler
import six


@redshift_handler
def process_row(row):
    return six.__version__ if row[0] == 'version' else six.ensure_str(row[0])


lambda_handler = process_row
