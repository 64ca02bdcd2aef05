from carto.lambda_wrapper import redshift_handler
from concurrent.futures import ThreadPoolExecutor


def work(n):
    from lib import step

    return step(n)


@redshift_handler
def process_row(row):
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(work, range(row[0])))


lambda_handler = process_row
