from carto.lambda_wrapper import redshift_handler


@redshift_handler
def process_row(row):
    from lib.ring import ring  # only when it is called

    return ring(row[0], row[1])


lambda_handler = process_row
