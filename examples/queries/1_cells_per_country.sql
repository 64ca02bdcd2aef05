-- The countries that need the most cells of resolution 6 to be covered.
SELECT name, GET_ARRAY_LENGTH(carto.QUADBIN_POLYFILL(geom, 6)) AS cells
FROM natural_earth.countries
ORDER BY cells DESC, name
LIMIT 8
