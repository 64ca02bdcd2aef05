from logic.platforms.aws_lambda.runtime import redshift_handler


@redshift_handler
def run(row):
    return row[0] * 3
