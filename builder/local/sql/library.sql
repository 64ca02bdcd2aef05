-- Functions of Redshift's guide ("SQL functions reference") that DuckDB has not, or has with other arguments.
-- Bound like those of functions.sql.

-- Texts --------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.quote_ident(s) AS
    CASE WHEN regexp_full_match(s, '[a-z_][a-z0-9_$]*') THEN s ELSE '"' || replace(s, '"', '""') || '"' END;
CREATE OR REPLACE MACRO _rs.quote_literal(s) AS
    '''' || replace(replace(s, '\', '\\'), '''', '''''') || '''';
CREATE OR REPLACE MACRO _rs.characters(s) AS
    CAST(CASE WHEN typeof(s) = 'BLOB' THEN octet_length(CAST(s AS BLOB)) ELSE length(CAST(s AS VARCHAR)) END AS INTEGER);
CREATE OR REPLACE MACRO _rs.textlen(s) AS CAST(length(s) AS INTEGER);
CREATE OR REPLACE MACRO _rs.bit_length(s) AS CAST(8 * strlen(s) AS INTEGER);
CREATE OR REPLACE MACRO _rs.replicate(s, n) AS repeat(s, n);
CREATE OR REPLACE MACRO _rs.func_sha1(s) AS sha1(s);
CREATE OR REPLACE MACRO _rs.sha(s) AS sha1(s);
-- SHA2 has 224, 256, 384 and 512 bits in Redshift; DuckDB has the second alone.
CREATE OR REPLACE MACRO _rs.sha2(s, bits) AS
    CASE WHEN bits IN (0, 256) THEN sha256(s)
         ELSE error('[0A000] SHA2 with ' || bits || ' bits is not supported by the local Redshift endpoint') END;
CREATE OR REPLACE MACRO _rs.octetindex(part, s) AS
    CAST(CASE WHEN instr(s, part) = 0 THEN 0 ELSE strlen(left(s, instr(s, part) - 1)) + 1 END AS INTEGER);
CREATE OR REPLACE MACRO _rs.bpcharcmp(a, b) AS
    CASE WHEN rtrim(a) < rtrim(b) THEN -1 WHEN rtrim(a) > rtrim(b) THEN 1 ELSE 0 END;
CREATE OR REPLACE MACRO _rs.pattern(p, flags) AS
    CASE WHEN contains(flags, 'i') THEN '(?i)' ELSE '' END || p;
-- The first subexpression of the nth match (REGEXP_SUBSTR with the parameter e), or the whole of it; an empty text for none.
CREATE OR REPLACE MACRO _rs.regexp_part(s, p, start, n, flags) AS
    CASE WHEN s IS NOT NULL THEN
         coalesce(regexp_extract_all(system.main.substr(s, start), _rs.pattern(p, flags), 1)[n], '') END;
CREATE OR REPLACE MACRO _rs.regexp_substr
    (s, p) AS regexp_extract(s, p),
    (s, p, start) AS regexp_extract(system.main.substr(s, start), p),
    (s, p, start, n) AS CASE WHEN s IS NOT NULL THEN
        coalesce(regexp_extract_all(system.main.substr(s, start), p)[n], '') END,
    (s, p, start, n, flags) AS CASE WHEN s IS NOT NULL THEN
        coalesce(regexp_extract_all(system.main.substr(s, start), _rs.pattern(p, flags))[n], '') END;
-- What is put in place names subexpressions by $1, DuckDB by \1.
CREATE OR REPLACE MACRO _rs.referring(r) AS system.main.regexp_replace(r, '\$([0-9])', '\\\1', 'g');
CREATE OR REPLACE MACRO _rs.regexp_count
    (s, p) AS CAST(len(regexp_extract_all(s, p)) AS INTEGER),
    (s, p, start) AS CAST(len(regexp_extract_all(system.main.substr(s, start), p)) AS INTEGER),
    (s, p, start, flags) AS CAST(len(regexp_extract_all(system.main.substr(s, start), _rs.pattern(p, flags))) AS INTEGER);
-- Redshift replaces every match, DuckDB the first unless told otherwise.
CREATE OR REPLACE MACRO _rs.regexp_replace
    (s, p) AS system.main.regexp_replace(s, p, '', 'g'),
    (s, p, r) AS system.main.regexp_replace(s, p, _rs.referring(r), 'g'),
    (s, p, r, start) AS left(s, start - 1) || system.main.regexp_replace(system.main.substr(s, start), p, _rs.referring(r), 'g'),
    (s, p, r, start, flags) AS left(s, start - 1) || system.main.regexp_replace(system.main.substr(s, start), _rs.pattern(p, flags), _rs.referring(r), 'g');
-- Where the nth match begins, or with option 1 where what is behind it begins; 0 for none.
CREATE OR REPLACE MACRO _rs.found_at(s, p, start, n, option) AS
    CASE WHEN len(regexp_extract_all(system.main.substr(s, start), p)) < n THEN 0 ELSE
        CAST(start + list_sum(list_transform(regexp_split_to_array(system.main.substr(s, start), p)[1:n], lambda x: length(x)))
             + coalesce(list_sum(list_transform(regexp_extract_all(system.main.substr(s, start), p)[1:n - 1 + option],
                                                lambda x: length(x))), 0) AS INTEGER) END;
CREATE OR REPLACE MACRO _rs.regexp_instr
    (s, p) AS _rs.found_at(s, p, 1, 1, 0),
    (s, p, start) AS _rs.found_at(s, p, start, 1, 0),
    (s, p, start, n) AS _rs.found_at(s, p, start, n, 0),
    (s, p, start, n, option) AS _rs.found_at(s, p, start, n, option),
    (s, p, start, n, option, flags) AS _rs.found_at(s, _rs.pattern(p, flags), start, n, option);
-- SUBSTRING counts positions before the first: SUBSTRING('caterpillar', -3, 6) has the two that are there.
CREATE OR REPLACE MACRO _rs.substr
    (s, start) AS system.main.substr(s, greatest(start, 1)),
    (s, start, n) AS system.main.substr(s, greatest(start, 1), greatest(least(n, start + n - 1), 0));
CREATE OR REPLACE MACRO _rs.substring
    (s, start) AS system.main.substr(s, greatest(start, 1)),
    (s, start, n) AS system.main.substr(s, greatest(start, 1), greatest(least(n, start + n - 1), 0));

CREATE OR REPLACE MACRO _rs.json_array_length
    (s) AS CAST(json_array_length(s) AS INTEGER),
    (s, quiet) AS CASE WHEN NOT quiet OR json_valid(s) THEN CAST(json_array_length(s) AS INTEGER) END;
CREATE OR REPLACE MACRO _rs.json_extract_array_element_text
    (s, n) AS json_extract_string(s, '$[' || n || ']'),
    (s, n, quiet) AS CASE WHEN NOT quiet OR json_valid(s) THEN json_extract_string(s, '$[' || n || ']') END;

-- Numbers ------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.dexp(x) AS exp(x);
CREATE OR REPLACE MACRO _rs.dlog1(x) AS ln(x);
CREATE OR REPLACE MACRO _rs.dlog10(x) AS log10(x);
CREATE OR REPLACE MACRO _rs.factorial(n) AS
    CASE WHEN n > 20 THEN error('[22003] Value out of range for 8 bytes.') ELSE CAST(system.main.factorial(CAST(n AS INTEGER)) AS BIGINT) END;

CREATE OR REPLACE MACRO _rs.date_part_year(d) AS CAST(year(CAST(d AS DATE)) AS INTEGER);

-- Dates --------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.compared(a, b) AS CASE WHEN a < b THEN -1 WHEN a > b THEN 1 WHEN a = b THEN 0 END;
CREATE OR REPLACE MACRO _rs.date_cmp(a, b) AS _rs.compared(CAST(a AS DATE), CAST(b AS DATE));
CREATE OR REPLACE MACRO _rs.timestamp_cmp(a, b) AS _rs.compared(CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP));
CREATE OR REPLACE MACRO _rs.date_cmp_timestamp(a, b) AS _rs.compared(CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP));
CREATE OR REPLACE MACRO _rs.timestamp_cmp_date(a, b) AS _rs.compared(CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP));
CREATE OR REPLACE MACRO _rs.date_cmp_timestamptz(a, b) AS _rs.compared(CAST(a AS TIMESTAMPTZ), CAST(b AS TIMESTAMPTZ));
CREATE OR REPLACE MACRO _rs.timestamptz_cmp(a, b) AS _rs.compared(CAST(a AS TIMESTAMPTZ), CAST(b AS TIMESTAMPTZ));
CREATE OR REPLACE MACRO _rs.interval_cmp(a, b) AS _rs.compared(CAST(a AS INTERVAL), CAST(b AS INTERVAL));
CREATE OR REPLACE MACRO _rs.weekday(name) AS
    CASE lower(left(name, 2)) WHEN 'su' THEN 0 WHEN 'mo' THEN 1 WHEN 'tu' THEN 2 WHEN 'we' THEN 3 WHEN 'th' THEN 4
         WHEN 'fr' THEN 5 WHEN 'sa' THEN 6 ELSE error('[22007] ' || name || ' is not a day of the week') END;
CREATE OR REPLACE MACRO _rs.next_day(d, name) AS
    CAST(d AS DATE) + CAST((_rs.weekday(name) - dayofweek(CAST(d AS DATE)) + 6) % 7 + 1 AS INTEGER);
CREATE OR REPLACE MACRO _rs.timeofday() AS strftime(now(), '%a %b %d %H:%M:%S.%f %Y UTC');

-- SUPER --------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.items(a) AS CAST(to_json(a) AS JSON[]);
CREATE OR REPLACE MACRO _rs.array_contains(a, x) AS list_contains(_rs.items(a), CAST(to_json(x) AS JSON));
CREATE OR REPLACE MACRO _rs.array_position(a, x) AS
    CAST(coalesce(list_position(_rs.items(a), CAST(to_json(x) AS JSON)), 0) - 1 AS INTEGER);
CREATE OR REPLACE MACRO _rs.ordered(a) AS
    list_transform(list_filter(list_transform(_rs.items(a), lambda x, i: {'x': x, 'i': i}),
                               lambda e: list_position(_rs.items(a), e.x) = e.i), lambda e: e.x);
CREATE OR REPLACE MACRO _rs.array_distinct(a) AS to_json(_rs.ordered(a));
CREATE OR REPLACE MACRO _rs.array_positions(a, x) AS
    to_json(list_transform(list_filter(list_transform(_rs.items(a), lambda v, i: {'v': v, 'i': i}),
                                       lambda e: e.v = CAST(to_json(x) AS JSON)), lambda e: e.i - 1));
CREATE OR REPLACE MACRO _rs.array_sort(a) AS
    to_json(list_transform(list_sort(list_transform(_rs.items(a), lambda v: {'n': TRY_CAST(v AS DOUBLE), 't': v ->> '$', 'v': v})),
                           lambda e: e.v));
CREATE OR REPLACE MACRO _rs.pairs(x) AS
    CASE WHEN json_type(to_json(x)) = 'OBJECT' THEN
         list_transform(json_keys(to_json(x)), lambda k:
             {'k': k, 'v': json_extract(to_json(x), '/' || replace(replace(k, '~', '~0'), '/', '~1'))})
         ELSE CAST([] AS STRUCT(k VARCHAR, v JSON)[]) END;
CREATE OR REPLACE MACRO _rs.array_union(a, b) AS to_json(_rs.ordered(list_concat(_rs.items(a), _rs.items(b))));
CREATE OR REPLACE MACRO _rs.array_intersection(a, b) AS
    to_json(list_filter(_rs.ordered(a), lambda x: list_contains(_rs.items(b), x)));
CREATE OR REPLACE MACRO _rs.array_except(a, b) AS
    to_json(list_filter(_rs.ordered(a), lambda x: NOT list_contains(_rs.items(b), x)));
CREATE OR REPLACE MACRO _rs.array_to_string(a, mark) AS
    system.main.array_to_string(list_transform(_rs.items(a), lambda x: x ->> '$'), mark);
CREATE OR REPLACE MACRO _rs.json_size(x) AS CAST(strlen(CAST(to_json(x) AS VARCHAR)) AS INTEGER);
CREATE OR REPLACE MACRO _rs.json_serialize_to_varbyte(x) AS encode(CAST(to_json(x) AS VARCHAR));
CREATE OR REPLACE MACRO _rs.is_varchar(x) AS coalesce(json_type(to_json(x)) = 'VARCHAR', false);
CREATE OR REPLACE MACRO _rs.is_char(x) AS _rs.is_varchar(x);
CREATE OR REPLACE MACRO _rs.is_boolean(x) AS coalesce(json_type(to_json(x)) = 'BOOLEAN', false);
CREATE OR REPLACE MACRO _rs.whole(x, least, most) AS
    coalesce(json_type(to_json(x)) IN ('UBIGINT', 'BIGINT')
             AND TRY_CAST(to_json(x) ->> '$' AS HUGEINT) BETWEEN least AND most, false);
CREATE OR REPLACE MACRO _rs.is_smallint(x) AS _rs.whole(x, -32768, 32767);
CREATE OR REPLACE MACRO _rs.is_integer(x) AS _rs.whole(x, -2147483648, 2147483647);
CREATE OR REPLACE MACRO _rs.is_bigint(x) AS _rs.whole(x, -9223372036854775808, 9223372036854775807);

-- VARBYTE ------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.from_hex(s) AS unhex(s);

-- GEOMETRY -----------------------------------------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.st_numpoints(x) AS CAST(st_npoints(x.geom) AS INTEGER);
CREATE OR REPLACE MACRO _rs.st_numinteriorrings(x) AS CAST(st_numinteriorrings(x.geom) AS INTEGER);
CREATE OR REPLACE MACRO _rs.st_reverse(x) AS list_transform([x], lambda g: _rs.geo(st_reverse(g.geom), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_isclosed(x) AS st_isclosed(x.geom);
CREATE OR REPLACE MACRO _rs.st_issimple(x) AS st_issimple(x.geom);
CREATE OR REPLACE MACRO _rs.st_isring(x) AS st_isring(x.geom);
CREATE OR REPLACE MACRO _rs.st_iscollection(x) AS
    CAST(st_geometrytype(x.geom) AS VARCHAR) LIKE 'MULTI%' OR CAST(st_geometrytype(x.geom) AS VARCHAR) = 'GEOMETRYCOLLECTION';
CREATE OR REPLACE MACRO _rs.geometrytype(x) AS CAST(st_geometrytype(x.geom) AS VARCHAR);
CREATE OR REPLACE MACRO _rs.st_ndims(x) AS
    CAST(2 + CAST(st_hasz(x.geom) AS INTEGER) + CAST(st_hasm(x.geom) AS INTEGER) AS INTEGER);
CREATE OR REPLACE MACRO _rs.st_coorddim(x) AS _rs.st_ndims(x);
CREATE OR REPLACE MACRO _rs.st_m(x) AS st_m(x.geom);
CREATE OR REPLACE MACRO _rs.st_force2d(x) AS list_transform([x], lambda g: _rs.geo(st_force2d(g.geom), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_force3d(x) AS list_transform([x], lambda g: _rs.geo(st_force3dz(g.geom, 0), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_multi(x) AS list_transform([x], lambda g: _rs.geo(st_multi(g.geom), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_points(x) AS list_transform([x], lambda g: _rs.geo(st_points(g.geom), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_boundary(x) AS list_transform([x], lambda g: _rs.geo(st_boundary(g.geom), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_lineinterpolatepoint(x, f) AS
    list_transform([{'x': x, 'f': f}], lambda p: _rs.geo(st_lineinterpolatepoint(p.x.geom, p.f), p.x.srid))[1];
CREATE OR REPLACE MACRO _rs.st_azimuth(a, b) AS st_azimuth(a.geom, _rs.kept(a, b));
CREATE OR REPLACE MACRO _rs.st_translate(x, dx, dy) AS
    list_transform([{'x': x, 'dx': dx, 'dy': dy}], lambda p:
        _rs.geo(st_affine(p.x.geom, 1, 0, 0, 1, CAST(p.dx AS DOUBLE), CAST(p.dy AS DOUBLE)), p.x.srid))[1];
CREATE OR REPLACE MACRO _rs.st_lengthsphere(x) AS st_length_spheroid(st_flipcoordinates(x.geom));
CREATE OR REPLACE MACRO _rs.st_containsproperly(a, b) AS st_containsproperly(a.geom, _rs.kept(a, b));
CREATE OR REPLACE MACRO _rs.st_force3dz(x) AS list_transform([x], lambda g: _rs.geo(st_force3dz(g.geom, 0), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_force3dm(x) AS list_transform([x], lambda g: _rs.geo(st_force3dm(g.geom, 0), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_force4d(x) AS
    list_transform([x], lambda g: _rs.geo(st_force4d(g.geom, 0, 0), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_zmin(x) AS st_zmin(x.geom);
CREATE OR REPLACE MACRO _rs.st_zmax(x) AS st_zmax(x.geom);
CREATE OR REPLACE MACRO _rs.st_mmin(x) AS st_mmin(x.geom);
CREATE OR REPLACE MACRO _rs.st_mmax(x) AS st_mmax(x.geom);
CREATE OR REPLACE MACRO _rs.st_length2d(x) AS st_length(st_force2d(x.geom));
CREATE OR REPLACE MACRO _rs.st_perimeter2d(x) AS st_perimeter(st_force2d(x.geom));
CREATE OR REPLACE MACRO _rs.st_nrings(x) AS
    CAST(CASE WHEN CAST(st_geometrytype(x.geom) AS VARCHAR) = 'POLYGON' AND NOT st_isempty(x.geom)
              THEN 1 + st_numinteriorrings(x.geom) ELSE 0 END AS INTEGER);
-- Of a geometry that is no collection the first part is itself.
CREATE OR REPLACE MACRO _rs.st_geometryn(x, n) AS
    CASE WHEN x IS NULL OR n IS NULL THEN NULL ELSE _rs.geo((list_transform(st_dump(x.geom), lambda d: d.geom))[n], x.srid) END;
CREATE OR REPLACE MACRO _rs.st_geogfromwkb(h) AS
    CASE WHEN h IS NULL THEN NULL ELSE {'srid': 4326, 'geom': st_geomfromhexewkb(h), 'geographic': true} END;
