def box(width, height):
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height), (0.0, 0.0)]
    return ','.join('%s %s' % corner for corner in corners)
