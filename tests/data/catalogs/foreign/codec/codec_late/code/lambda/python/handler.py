from carto.lambda_wrapper import redshift_handler
import importlib
import sys


@redshift_handler
def process_row(row):
    module = importlib.import_module('lib.late')
    return importlib.reload(module).NAME + str(row[0]) + str('lib' in sys.modules)


lambda_handler = process_row
