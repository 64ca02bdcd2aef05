def ring(cell, k):
    return {'cell': cell, 'size': 8 * k if k else 1}
