from company.gateway.wrapper import redshift_handler


@redshift_handler
def process_row(row):
    return 'company %d' % row[0]


lambda_handler = process_row
