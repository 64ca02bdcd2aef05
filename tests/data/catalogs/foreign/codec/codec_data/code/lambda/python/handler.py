import csv
import pkgutil
from importlib import resources
from importlib.util import find_spec

from carto.lambda_wrapper import redshift_handler
from lib.tables.deep.names import upper

WORDS = dict(csv.reader(pkgutil.get_data('lib', 'words.csv').decode().splitlines()))


@redshift_handler
def process_row(row):
    lines = resources.files('lib').joinpath('words.csv').read_text().splitlines()
    has_rings = find_spec('lib.shapes.rings') is not None
    return [upper(WORDS[row[0]]), len(lines), has_rings, find_spec('lib.none') is not None]


lambda_handler = process_row
