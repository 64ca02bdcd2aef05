from carto.lambda_wrapper import redshift_handler
import json

import numpy as np


@redshift_handler
def process_row(row):
    return np.int32(len(json.loads(row[0])))


lambda_handler = process_row
