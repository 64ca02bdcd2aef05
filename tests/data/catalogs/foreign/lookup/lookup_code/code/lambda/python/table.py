CODES = {'sky': 7}
