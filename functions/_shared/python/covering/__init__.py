"""The cells of one resolution that a geometry meets, for a column of geometries at once.

A cell holds its western and its northern edge, not the others, so that every place is in one cell: the same rule by
which a longitude and a latitude become a cell. Edges of a geometry are straight in degrees, as Redshift's GEOMETRY has
them. What lies beyond the square world (85.0511 degrees north and south) is in no cell. A point is in the cell that
QUADBIN_FROMGEOGPOINT gives.

How: a scan by rows of cells, on arrays. Each edge gives, in each row that it passes, one interval of columns; each
row's northern edge, crossed by a polygon's rings an even number of times, gives the intervals inside. The union of
the intervals is the answer, and its size is known before a single cell is made.
"""
