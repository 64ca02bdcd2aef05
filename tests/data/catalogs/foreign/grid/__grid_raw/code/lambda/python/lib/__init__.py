SIZE = 'raw'
