from carto.lambda_wrapper import redshift_handler


@redshift_handler
def process_row(row):
    return 'east' if float(row[0].split('(')[1].split()[0]) > 0 else 'west'


lambda_handler = process_row
