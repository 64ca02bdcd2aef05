-- Redshift's types and functions that DuckDB has not, or has with another meaning.
-- A query's functions are bound to these by translate.py; a name that is neither here nor on its list is refused.
-- error('[SQLSTATE] message') reaches the client as that code and message (sqlstate.py).

CREATE SCHEMA IF NOT EXISTS public;

-- A geometry carries its SRID with every value, as in Redshift; DuckDB has none per value.
CREATE TYPE IF NOT EXISTS _rs.geometry AS STRUCT(srid INTEGER, geom GEOMETRY);
-- The same first fields, so that what reads a geometry reads a geography.
CREATE TYPE IF NOT EXISTS _rs.geography AS STRUCT(srid INTEGER, geom GEOMETRY, geographic BOOLEAN);

-- Output -------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.float_text(t) AS
    CASE t WHEN 'inf' THEN 'Infinity' WHEN '-inf' THEN '-Infinity' WHEN 'nan' THEN 'NaN' WHEN '-nan' THEN 'NaN'
           ELSE regexp_replace(t, '\.0$', '') END;
-- typeof() of a column is a constant: the planner drops the other branch.
-- What an argument holds is bound as often as a macro names it, and nested macros multiply: a lambda names it once.
CREATE OR REPLACE MACRO _rs.text(x) AS
    list_transform([x], lambda v:
        CASE WHEN typeof(v) = 'JSON' THEN to_json(v) ->> '$'
             WHEN typeof(v) IN ('DOUBLE', 'FLOAT') THEN _rs.float_text(CAST(v AS VARCHAR))
             ELSE CAST(v AS VARCHAR) END)[1];
CREATE OR REPLACE MACRO _rs.super(x) AS to_json(x);

-- Arithmetic ---------------------------------------------------------------------------------------------------------

-- A cast that fails, and not error(): DuckDB takes no alias of an expression that has side effects.
CREATE OR REPLACE MACRO _rs.nonzero(b) AS
    CASE WHEN b = 0 THEN CAST('[22012] division by zero' AS TINYINT) ELSE b END;
CREATE OR REPLACE MACRO _rs.div(a, b) AS a // _rs.nonzero(b);
-- Whole numbers a, b and a power of ten: a * power / b, cut, without the product where it need not be.
CREATE OR REPLACE MACRO _rs.ratio(a, b, power) AS
    (a // _rs.nonzero(b)) * CAST(power AS HUGEINT)
    + ((a % _rs.nonzero(b)) * CAST(power AS HUGEINT)) // _rs.nonzero(b);
CREATE OR REPLACE MACRO _rs.digits_of(d) AS CAST(replace(CAST(d AS VARCHAR), '.', '') AS HUGEINT);
CREATE OR REPLACE MACRO _rs.mod(a, b) AS a % _rs.nonzero(b);
-- PostgreSQL's shifts wrap and take the count modulo the width; DuckDB's refuse what would overflow.
-- A macro's text stands wherever its argument does: those that may be nested name it once, or a chain of twenty shifts
-- would be a million of them.
CREATE OR REPLACE MACRO _rs.wrap64(x) AS
    CAST(xor(x & 18446744073709551615::HUGEINT, 9223372036854775808::HUGEINT) - 9223372036854775808::HUGEINT AS BIGINT);
CREATE OR REPLACE MACRO _rs.wrap32(x) AS
    CAST(xor(x & 4294967295::HUGEINT, 2147483648::HUGEINT) - 2147483648::HUGEINT AS BIGINT);
CREATE OR REPLACE MACRO _rs.shl64(a, b) AS _rs.wrap64(CAST(a AS HUGEINT) * (1::HUGEINT << CAST(b & 63 AS INTEGER)));
CREATE OR REPLACE MACRO _rs.shr64(a, b) AS CAST(a AS BIGINT) >> CAST(b & 63 AS INTEGER);
CREATE OR REPLACE MACRO _rs.shl(a, b) AS
    CASE WHEN typeof(a) IN ('INTEGER', 'SMALLINT')
         THEN _rs.wrap32(CAST(a AS HUGEINT) * (1::HUGEINT << CAST(b & 31 AS INTEGER)))
         ELSE _rs.shl64(a, b) END;
CREATE OR REPLACE MACRO _rs.shr(a, b) AS
    CAST(CASE WHEN typeof(a) IN ('INTEGER', 'SMALLINT') THEN a >> CAST(b & 31 AS INTEGER)
              ELSE _rs.shr64(a, b) END AS BIGINT);
CREATE OR REPLACE MACRO _rs.to_hex(x) AS lower(to_hex(x));
CREATE OR REPLACE MACRO _rs.digits(s, base) AS
    list_transform(string_split(lower(s), ''), lambda c: instr('0123456789abcdefghijklmnopqrstuvwxyz', c) - 1);
CREATE OR REPLACE MACRO _rs.strtol(s, base) AS
    CASE WHEN s IS NULL OR base IS NULL THEN NULL
         WHEN NOT regexp_full_match(s, '-?[0-9a-zA-Z]+') OR list_max(_rs.digits(ltrim(s, '-'), base)) >= base
         THEN error('[22P02] The input ' || s || ' is not valid to be converted to base ' || base)
         ELSE CAST(CASE WHEN s[1] = '-' THEN -1 ELSE 1 END
                   * list_reduce(list_transform(_rs.digits(ltrim(s, '-'), base), lambda d: CAST(d AS HUGEINT)),
                                 lambda total, d: total * base + d) AS BIGINT) END;

-- Texts ------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.octet_length(s) AS CAST(strlen(s) AS INTEGER);
CREATE OR REPLACE MACRO _rs.btrim
    (s) AS trim(s),
    (s, marks) AS trim(s, marks);
CREATE OR REPLACE MACRO _rs.initcap(s) AS
    array_to_string(list_transform(regexp_extract_all(lower(s), '[\pL\pN]+|[^\pL\pN]+'),
                                   lambda w: upper(w[1]) || w[2:]), '');
-- SIMILAR TO knows % and _ beside the regular expression; DuckDB takes it for a regular expression alone.
CREATE OR REPLACE MACRO _rs.similar(s, p) AS
    regexp_full_match(s, replace(replace(replace(p, '.', '\.'), '%', '.*'), '_', '.'));

-- The first n bytes, and no part of a character.
CREATE OR REPLACE MACRO _rs.cut(s, n) AS
    CASE WHEN strlen(s) <= n THEN s
         ELSE list_reduce(list_transform(string_split(left(s, n), ''), lambda c: c),
                          lambda kept, c: CASE WHEN strlen(kept) + strlen(c) <= n THEN kept || c ELSE kept END) END;

-- COPY and UNLOAD ----------------------------------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.pg_last_copy_count() AS CAST(coalesce(getvariable('rs_copy_count'), 0) AS BIGINT);
CREATE OR REPLACE MACRO _rs.pg_last_copy_id() AS CAST(coalesce(getvariable('rs_copy_id'), -1) AS INTEGER);
CREATE OR REPLACE MACRO _rs.pg_last_unload_count() AS CAST(coalesce(getvariable('rs_unload_count'), 0) AS BIGINT);

-- VARBYTE ------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.from_varbyte(b, form) AS
    CASE lower(form) WHEN 'hex' THEN lower(hex(b)) WHEN 'base64' THEN to_base64(b)
         WHEN 'utf8' THEN decode(b) WHEN 'utf-8' THEN decode(b)
         ELSE error('[22023] unknown binary format ' || form) END;
CREATE OR REPLACE MACRO _rs.to_varbyte(s, form) AS
    CASE lower(form) WHEN 'hex' THEN unhex(s) WHEN 'base64' THEN from_base64(s)
         WHEN 'utf8' THEN encode(s) WHEN 'utf-8' THEN encode(s)
         ELSE error('[22023] unknown binary format ' || form) END;

-- SUPER --------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.json_parse(s) AS json(s);
CREATE OR REPLACE MACRO _rs.can_json_parse(s) AS json_valid(s);
-- VARCHAR(MAX) ends at 65,535 bytes, and Redshift refuses rather than cuts.
CREATE OR REPLACE MACRO _rs.json_serialize(x) AS
    list_transform([CAST(to_json(x) AS VARCHAR)], lambda text:
        CASE WHEN strlen(text) > 65535
             THEN error('[22001] the serialized value has ' || strlen(text) || ' bytes, VARCHAR takes 65535')
             ELSE text END)[1];
CREATE OR REPLACE MACRO _rs.get_array_length(x) AS CAST(json_array_length(to_json(x)) AS INTEGER);
CREATE OR REPLACE MACRO _rs.json_typeof(x) AS
    CASE WHEN x IS NULL THEN NULL ELSE
        CASE json_type(to_json(x)) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string'
             WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' ELSE 'number' END END;
CREATE OR REPLACE MACRO _rs.is_array(x) AS coalesce(json_type(to_json(x)) = 'ARRAY', false);
CREATE OR REPLACE MACRO _rs.is_object(x) AS coalesce(json_type(to_json(x)) = 'OBJECT', false);
CREATE OR REPLACE MACRO _rs.is_scalar(x) AS
    coalesce(json_type(to_json(x)) NOT IN ('ARRAY', 'OBJECT', 'NULL'), false);
CREATE OR REPLACE MACRO _rs.array_concat(a, b) AS
    to_json(list_concat(CAST(to_json(a) AS JSON[]), CAST(to_json(b) AS JSON[])));
CREATE OR REPLACE MACRO _rs.subarray(a, start, size) AS
    to_json((CAST(to_json(a) AS JSON[]))[start + 1 : start + size]);
CREATE OR REPLACE MACRO _rs.array_flatten(a) AS
    to_json(flatten(list_transform(CAST(to_json(a) AS JSON[]),
        lambda x: CASE WHEN json_type(x) = 'ARRAY' THEN CAST(x AS JSON[]) ELSE [x] END)));
CREATE OR REPLACE MACRO _rs.split_to_array(s, mark := ',') AS to_json(string_split(s, mark));
CREATE OR REPLACE MACRO _rs.is_valid_json(s) AS coalesce(json_valid(s) AND json_type(s) = 'OBJECT', false);
CREATE OR REPLACE MACRO _rs.is_valid_json_array(s) AS coalesce(json_valid(s) AND json_type(s) = 'ARRAY', false);
-- What an un-nested value has below it: nothing for NULL and for what is not an array (PartiQL, lax mode).
CREATE OR REPLACE MACRO _rs.elements(x) AS
    CASE WHEN json_type(to_json(x)) = 'ARRAY' THEN CAST(to_json(x) AS JSON[]) ELSE CAST([] AS JSON[]) END;

-- GEOMETRY -----------------------------------------------------------------------------------------------------------

-- Functions of geometries hold each other: lambdas again, for an argument to be bound once. What a lambda takes from
-- outside may not be a subquery, so all that it needs is in its own argument.
CREATE OR REPLACE MACRO _rs.geo(g, s) AS
    list_transform([{'geom': g, 'srid': s}], lambda p:
        CASE WHEN p.geom IS NULL THEN NULL ELSE {'srid': CAST(p.srid AS INTEGER), 'geom': p.geom} END)[1];
CREATE OR REPLACE MACRO _rs.kept(a, b) AS
    CASE WHEN a.srid <> b.srid THEN error('[22023] operands have different SRIDs, ' || a.srid || ' and ' || b.srid)
         ELSE b.geom END;
CREATE OR REPLACE MACRO _rs.srid_bytes(s) AS
    printf('%02X%02X%02X%02X', s & 255, (s >> 8) & 255, (s >> 16) & 255, (s >> 24) & 255);
CREATE OR REPLACE MACRO _rs.wkb_code(w) AS CAST('0x' || substr(w, 5, 2) || substr(w, 3, 2) AS INTEGER);
-- DuckDB writes ISO codes (1001 for a point with Z), Redshift EWKB with flags in the highest byte.
CREATE OR REPLACE MACRO _rs.ewkb_hex(w, s) AS
    '01' || printf('%02X', _rs.wkb_code(w) % 1000) || '0000'
    || printf('%02X', CASE _rs.wkb_code(w) // 1000 WHEN 1 THEN 128 WHEN 2 THEN 64 WHEN 3 THEN 192 ELSE 0 END
                      + CASE WHEN s = 0 THEN 0 ELSE 32 END)
    || CASE WHEN s = 0 THEN '' ELSE _rs.srid_bytes(s) END || substr(w, 11);
CREATE OR REPLACE MACRO _rs.st_ashexewkb(x) AS _rs.ewkb_hex(st_ashexwkb(x.geom), x.srid);
CREATE OR REPLACE MACRO _rs.st_ashexwkb(x) AS _rs.ewkb_hex(st_ashexwkb(x.geom), 0);
CREATE OR REPLACE MACRO _rs.st_asewkb(x) AS unhex(_rs.st_ashexewkb(x));
CREATE OR REPLACE MACRO _rs.st_asbinary(x) AS unhex(_rs.st_ashexwkb(x));
CREATE OR REPLACE MACRO _rs.ewkb_srid(h) AS
    CASE WHEN left(h, 2) = '01' AND CAST('0x' || substr(h, 9, 2) AS INTEGER) & 32 <> 0
         THEN CAST('0x' || substr(h, 17, 2) || substr(h, 15, 2) || substr(h, 13, 2) || substr(h, 11, 2) AS INTEGER)
         ELSE 0 END;
CREATE OR REPLACE MACRO _rs.st_geomfromhexewkb(h) AS _rs.geo(st_geomfromhexewkb(h), _rs.ewkb_srid(h));
CREATE OR REPLACE MACRO _rs.st_geomfromewkb(h) AS _rs.st_geomfromhexewkb(h);
CREATE OR REPLACE MACRO _rs.st_geomfromwkb
    (h) AS _rs.geo(st_geomfromhexewkb(h), 0),
    (h, s) AS _rs.geo(st_geomfromhexewkb(h), s);
CREATE OR REPLACE MACRO _rs.st_geomfromtext
    (t) AS _rs.geo(st_geomfromtext(CAST(t AS VARCHAR)), 0),
    (t, s) AS _rs.geo(st_geomfromtext(CAST(t AS VARCHAR)), s);
CREATE OR REPLACE MACRO _rs.st_geomfromewkt(t) AS
    _rs.geo(st_geomfromtext(CAST(t AS VARCHAR)), CAST(coalesce(nullif(regexp_extract(t, '^SRID=(\d+);', 1), ''), '0') AS INTEGER));
CREATE OR REPLACE MACRO _rs.st_geomfromgeojson(t) AS _rs.geo(st_geomfromgeojson(t), 4326);
CREATE OR REPLACE MACRO _rs.st_geogfromtext(t) AS
    CASE WHEN t IS NULL THEN NULL
         ELSE {'srid': 4326, 'geom': st_geomfromtext(CAST(t AS VARCHAR)), 'geographic': true} END;
CREATE OR REPLACE MACRO _rs.st_point(x, y) AS _rs.geo(st_point(x, y), 0);
CREATE OR REPLACE MACRO _rs.st_makepoint
    (x, y) AS _rs.geo(st_point(x, y), 0),
    (x, y, z) AS _rs.geo(st_geomfromtext('POINT Z (' || x || ' ' || y || ' ' || z || ')'), 0);
CREATE OR REPLACE MACRO _rs.wkt(t) AS replace(replace(t, ' (', '('), ', ', ',');
CREATE OR REPLACE MACRO _rs.st_astext(x) AS _rs.wkt(st_astext(x.geom));
CREATE OR REPLACE MACRO _rs.st_asewkt(x) AS
    CASE WHEN x.srid = 0 THEN '' ELSE 'SRID=' || x.srid || ';' END || _rs.wkt(st_astext(x.geom));
CREATE OR REPLACE MACRO _rs.st_asgeojson(x) AS
    regexp_replace(CAST(st_asgeojson(x.geom) AS VARCHAR), '\.0([,\]])', '\1', 'g');
CREATE OR REPLACE MACRO _rs.st_srid(x) AS x.srid;
CREATE OR REPLACE MACRO _rs.st_setsrid(x, s) AS _rs.geo(x.geom, s);
CREATE OR REPLACE MACRO _rs.st_transform(x, s) AS
    list_transform([{'x': x, 's': s}], lambda p:
        _rs.geo(st_transform(p.x.geom, 'EPSG:' || p.x.srid, 'EPSG:' || p.s, always_xy := true), p.s))[1];
CREATE OR REPLACE MACRO _rs.st_x(x) AS st_x(x.geom);
CREATE OR REPLACE MACRO _rs.st_y(x) AS st_y(x.geom);
CREATE OR REPLACE MACRO _rs.st_z(x) AS st_z(x.geom);
CREATE OR REPLACE MACRO _rs.st_xmin(x) AS st_xmin(x.geom);
CREATE OR REPLACE MACRO _rs.st_xmax(x) AS st_xmax(x.geom);
CREATE OR REPLACE MACRO _rs.st_ymin(x) AS st_ymin(x.geom);
CREATE OR REPLACE MACRO _rs.st_ymax(x) AS st_ymax(x.geom);
CREATE OR REPLACE MACRO _rs.st_npoints(x) AS CAST(st_npoints(x.geom) AS INTEGER);
CREATE OR REPLACE MACRO _rs.st_numgeometries(x) AS CAST(st_numgeometries(x.geom) AS INTEGER);
CREATE OR REPLACE MACRO _rs.st_dimension(x) AS CAST(st_dimension(x.geom) AS INTEGER);
CREATE OR REPLACE MACRO _rs.st_geometrytype(x) AS
    CASE CAST(st_geometrytype(x.geom) AS VARCHAR)
         WHEN 'POINT' THEN 'ST_Point' WHEN 'LINESTRING' THEN 'ST_LineString' WHEN 'POLYGON' THEN 'ST_Polygon'
         WHEN 'MULTIPOINT' THEN 'ST_MultiPoint' WHEN 'MULTILINESTRING' THEN 'ST_MultiLineString'
         WHEN 'MULTIPOLYGON' THEN 'ST_MultiPolygon' WHEN 'GEOMETRYCOLLECTION' THEN 'ST_GeometryCollection' END;
CREATE OR REPLACE MACRO _rs.st_isempty(x) AS st_isempty(x.geom);
CREATE OR REPLACE MACRO _rs.st_isvalid(x) AS st_isvalid(x.geom);
CREATE OR REPLACE MACRO _rs.st_area(x) AS st_area(x.geom);
CREATE OR REPLACE MACRO _rs.st_length(x) AS st_length(x.geom);
CREATE OR REPLACE MACRO _rs.st_perimeter(x) AS st_perimeter(x.geom);
CREATE OR REPLACE MACRO _rs.st_envelope(x) AS list_transform([x], lambda g: _rs.geo(st_envelope(g.geom), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_centroid(x) AS list_transform([x], lambda g: _rs.geo(st_centroid(g.geom), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_convexhull(x) AS
    list_transform([x], lambda g: _rs.geo(st_convexhull(g.geom), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_buffer(x, d) AS
    list_transform([{'x': x, 'd': d}], lambda p: _rs.geo(st_buffer(p.x.geom, p.d), p.x.srid))[1];
CREATE OR REPLACE MACRO _rs.st_simplify(x, d) AS
    list_transform([{'x': x, 'd': d}], lambda p: _rs.geo(st_simplify(p.x.geom, p.d), p.x.srid))[1];
CREATE OR REPLACE MACRO _rs.st_pointn(x, n) AS
    list_transform([{'x': x, 'n': n}], lambda p: _rs.geo(st_pointn(p.x.geom, p.n), p.x.srid))[1];
CREATE OR REPLACE MACRO _rs.st_startpoint(x) AS
    list_transform([x], lambda g: _rs.geo(st_startpoint(g.geom), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_endpoint(x) AS list_transform([x], lambda g: _rs.geo(st_endpoint(g.geom), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_exteriorring(x) AS
    list_transform([x], lambda g: _rs.geo(st_exteriorring(g.geom), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_makeline(a, b) AS
    list_transform([{'one': a, 'two': b}], lambda p:
        _rs.geo(st_makeline(p.one.geom, _rs.kept(p.one, p.two)), p.one.srid))[1];
CREATE OR REPLACE MACRO _rs.st_makepolygon(x) AS
    list_transform([x], lambda g: _rs.geo(st_makepolygon(g.geom), g.srid))[1];
CREATE OR REPLACE MACRO _rs.st_polygon(x, s) AS _rs.geo(st_makepolygon(x.geom), s);
CREATE OR REPLACE MACRO _rs.st_makeenvelope
    (a, b, c, d) AS _rs.geo(st_makeenvelope(a, b, c, d), 0),
    (a, b, c, d, s) AS _rs.geo(st_makeenvelope(a, b, c, d), s);
CREATE OR REPLACE MACRO _rs.st_collect(a, b) AS
    list_transform([{'one': a, 'two': b}], lambda p:
        _rs.geo(st_collect([p.one.geom, _rs.kept(p.one, p.two)]), p.one.srid))[1];
CREATE OR REPLACE MACRO _rs.st_union(a, b) AS
    list_transform([{'one': a, 'two': b}], lambda p:
        _rs.geo(st_union(p.one.geom, _rs.kept(p.one, p.two)), p.one.srid))[1];
CREATE OR REPLACE MACRO _rs.st_intersection(a, b) AS
    list_transform([{'one': a, 'two': b}], lambda p:
        _rs.geo(st_intersection(p.one.geom, _rs.kept(p.one, p.two)), p.one.srid))[1];
CREATE OR REPLACE MACRO _rs.st_difference(a, b) AS
    list_transform([{'one': a, 'two': b}], lambda p:
        _rs.geo(st_difference(p.one.geom, _rs.kept(p.one, p.two)), p.one.srid))[1];
CREATE OR REPLACE MACRO _rs.st_intersects(a, b) AS st_intersects(a.geom, _rs.kept(a, b));
CREATE OR REPLACE MACRO _rs.st_contains(a, b) AS st_contains(a.geom, _rs.kept(a, b));
CREATE OR REPLACE MACRO _rs.st_within(a, b) AS st_within(a.geom, _rs.kept(a, b));
CREATE OR REPLACE MACRO _rs.st_covers(a, b) AS st_covers(a.geom, _rs.kept(a, b));
CREATE OR REPLACE MACRO _rs.st_coveredby(a, b) AS st_coveredby(a.geom, _rs.kept(a, b));
CREATE OR REPLACE MACRO _rs.st_crosses(a, b) AS st_crosses(a.geom, _rs.kept(a, b));
CREATE OR REPLACE MACRO _rs.st_disjoint(a, b) AS st_disjoint(a.geom, _rs.kept(a, b));
CREATE OR REPLACE MACRO _rs.st_equals(a, b) AS st_equals(a.geom, _rs.kept(a, b));
CREATE OR REPLACE MACRO _rs.st_touches(a, b) AS st_touches(a.geom, _rs.kept(a, b));
CREATE OR REPLACE MACRO _rs.st_distance(a, b) AS st_distance(a.geom, _rs.kept(a, b));
CREATE OR REPLACE MACRO _rs.st_dwithin(a, b, d) AS st_dwithin(a.geom, _rs.kept(a, b), d);
-- Redshift, ST_DistanceSphere: a mean radius of 6,371,008 m.
CREATE OR REPLACE MACRO _rs.st_distancesphere(a, b) AS
    2 * 6371008.7714 * asin(sqrt(
        pow(sin(radians(st_y(_rs.kept(a, b)) - st_y(a.geom)) / 2), 2)
        + cos(radians(st_y(a.geom))) * cos(radians(st_y(b.geom)))
        * pow(sin(radians(st_x(b.geom) - st_x(a.geom)) / 2), 2)));
