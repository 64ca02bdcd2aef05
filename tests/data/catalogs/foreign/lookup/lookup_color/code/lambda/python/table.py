COLORS = {'sky': 'blue'}
