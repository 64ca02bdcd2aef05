-- The cities in the 5 x 5 cells of resolution 7 around Vienna, with their distance in cells.
WITH cells AS (
    SELECT name, carto.QUADBIN_FROMGEOGPOINT(geom, 7) AS cell
    FROM natural_earth.cities
),
ring AS (
    SELECT carto.QUADBIN_KRING_DISTANCES(cell, 2) AS members
    FROM cells
    WHERE name = 'Vienna'
)
SELECT cells.name, CAST(member.distance AS INTEGER) AS distance
FROM ring, ring.members AS member
JOIN cells ON cells.cell = CAST(member.index AS BIGINT)
ORDER BY distance, cells.name
