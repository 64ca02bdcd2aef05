from logic.platforms.aws_lambda.runtime import redshift_handler
from lib import marks
from lib.words import quiet


@redshift_handler
def process_row(row):
    return marks.OPEN + quiet(row[0]) + marks.CLOSE


lambda_handler = process_row
