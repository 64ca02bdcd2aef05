from carto.lambda_wrapper import batch_redshift_handler


@batch_redshift_handler
def process_batch(rows):
    return [x * factor if x is not None else None for x, factor in rows]


lambda_handler = process_batch
