from team.functions.wrapper import redshift_handler


@redshift_handler
def process_row(row):
    return row[0] + ' ' + row[0]


lambda_handler = process_row
