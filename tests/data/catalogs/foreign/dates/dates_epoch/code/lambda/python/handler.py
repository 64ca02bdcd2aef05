from carto.lambda_wrapper import redshift_handler


@redshift_handler
def process_row(row):
    return '1970-01-01' + '' .join(row)


lambda_handler = process_row
