from logic.platforms.aws_lambda.runtime import redshift_handler
from lib import SIZE


@redshift_handler
def process_row(row):
    return '%s:%s' % (SIZE, row[0])


lambda_handler = process_row
