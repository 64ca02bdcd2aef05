from carto.lambda_wrapper import redshift_handler
import helper


@redshift_handler
def process_row(row):
    return helper.turn(row[0])


lambda_handler = process_row
