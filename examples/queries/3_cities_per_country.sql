-- Cities per country: a covering finds the candidates by an equality join, ST_CONTAINS confirms them.
WITH polygons AS (
    SELECT name, geom, carto.QUADBIN_POLYFILL(geom, 5) AS cells
    FROM natural_earth.countries
),
covering AS (
    SELECT polygons.name, polygons.geom, CAST(cell AS BIGINT) AS cell
    FROM polygons, polygons.cells AS cell
),
points AS (
    SELECT name, geom, carto.QUADBIN_FROMGEOGPOINT(geom, 5) AS cell
    FROM natural_earth.cities
)
SELECT covering.name AS country,
       COUNT(*) AS candidates,
       SUM(CASE WHEN ST_CONTAINS(covering.geom, points.geom) THEN 1 ELSE 0 END) AS cities
FROM covering
JOIN points ON points.cell = covering.cell
GROUP BY covering.name
ORDER BY cities DESC, country
LIMIT 8
