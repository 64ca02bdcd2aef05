from lib import words
from team.functions.wrapper import redshift_handler


@redshift_handler
def process_row(row):
    return words.quiet(row[0]).title()


lambda_handler = process_row
