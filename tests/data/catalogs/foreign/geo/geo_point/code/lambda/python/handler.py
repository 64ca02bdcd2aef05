from logic.platforms.aws_lambda.runtime import redshift_handler


@redshift_handler
def process_row(row):
    return 'POINT (%s %s)' % tuple(row)


lambda_handler = process_row
