from carto.lambda_wrapper import redshift_handler
import pickle

from lib import Box


@redshift_handler
def process_row(row):
    return pickle.loads(pickle.dumps(Box(row[0]))).n


lambda_handler = process_row
