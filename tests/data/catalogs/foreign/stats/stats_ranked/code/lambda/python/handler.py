from carto.lambda_wrapper import redshift_handler
import numpy


@redshift_handler
def process_row(row):
    return numpy.argsort([int(part) for part in row[0].split(',')])[0]


lambda_handler = process_row
