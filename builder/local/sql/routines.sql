-- Functions and procedures as PG_PROC, PG_PROC_INFO, SVV_REDSHIFT_FUNCTIONS and SHOW FUNCTIONS and its siblings tell
-- them. kind: f or p. A function's arguments all go in, and modes is NULL then. Types and modes of all arguments are in
-- PG_PROC where one is OUT or INOUT (PostgreSQL, "pg_proc").
-- A macro's argument stands in its body as it was written: of f.oid, an alias f in the body would make its own column.
-- So the aliases in macros begin with an underscore, here and in system.sql.

CREATE OR REPLACE MACRO _rs.of_mode(types, modes, other) AS
    list_transform(list_filter(list_zip(types, modes), lambda x: x[2] <> other), lambda x: x[1]);
CREATE OR REPLACE VIEW _rs.routine AS
    SELECT oid, schema_name, name, signature, 'f' AS kind, argument_names AS names, CAST(NULL AS VARCHAR[]) AS modes,
           argument_types AS types, argument_types AS inputs, [returns] AS outputs, volatility,
           coalesce(body, lambda_name) AS source, lambda_name, iam_role, false AS definer, owner
    FROM _rs.function
    UNION ALL
    SELECT oid, schema_name, name, signature, 'p', argument_names, argument_modes, argument_types,
           _rs.of_mode(argument_types, argument_modes, 'OUT'), _rs.of_mode(argument_types, argument_modes, 'IN'),
           'volatile', body, NULL, NULL, definer, owner
    FROM _rs.procedure;
-- Redshift shows these types without their lengths.
CREATE OR REPLACE MACRO _rs.shown_types(types) AS array_to_string(list_transform(types, lambda t: _rs.sqlname(t)), ', ');
-- What a caller gets: of a procedure nothing, the one value, or a record.
CREATE OR REPLACE MACRO _rs.result_type(outputs) AS
    CASE len(outputs) WHEN 0 THEN 'void' WHEN 1 THEN outputs[1] ELSE 'record' END;
CREATE OR REPLACE MACRO _rs.pg_function_is_visible(o) AS
    EXISTS (SELECT 1 FROM _rs.routine AS _f WHERE _f.oid = o AND _rs.on_path(_f.schema_name));
CREATE OR REPLACE MACRO _rs.pg_get_function_result(o) AS
    (SELECT _rs.result_type(_f.outputs) FROM _rs.routine AS _f WHERE _f.oid = o);
CREATE OR REPLACE MACRO _rs.function_arguments(o) AS
    (SELECT array_to_string(list_transform(list_zip(coalesce(_listed.modes, []), _listed.names, _listed.types),
                lambda x: CASE WHEN x[1] IN ('OUT', 'INOUT') THEN x[1] || ' ' ELSE '' END
                          || trim(coalesce(x[2], '') || ' ' || x[3])), ', ')
     FROM _rs.routine AS _listed WHERE _listed.oid = o);
CREATE OR REPLACE MACRO _rs.pg_get_function_arguments(o) AS _rs.function_arguments(o);
CREATE OR REPLACE MACRO _rs.pg_get_function_identity_arguments(o) AS _rs.function_arguments(o);
CREATE OR REPLACE MACRO _rs.regproc(t) AS
    (SELECT _f.oid FROM _rs.routine AS _f
     WHERE CASE WHEN contains(t, '.') THEN _f.schema_name || '.' || _f.name = replace(lower(t), '"', '')
                ELSE _f.name = replace(lower(t), '"', '') AND _rs.on_path(_f.schema_name) END LIMIT 1);
CREATE OR REPLACE MACRO _rs.regproc_name(o) AS (SELECT _f.name FROM _rs.routine AS _f WHERE _f.oid = o);
CREATE OR REPLACE MACRO _rs.pg_get_functiondef(o) AS
    (SELECT 'CREATE OR REPLACE ' || CASE WHEN _f.kind = 'p' THEN 'PROCEDURE ' WHEN _f.lambda_name IS NULL THEN 'FUNCTION '
                                         ELSE 'EXTERNAL FUNCTION ' END
            || _f.schema_name || '.' || _f.name || '(' || _rs.function_arguments(_f.oid) || ')' || chr(10)
            || CASE WHEN _f.kind = 'p' THEN ' LANGUAGE plpgsql' || chr(10) || 'AS $_$ ' || trim(_f.source) || ' $_$'
                    ELSE ' RETURNS ' || _f.outputs[1] || chr(10) || upper(_f.volatility) || chr(10)
                         || CASE WHEN _f.lambda_name IS NULL THEN 'AS $$ ' || trim(_f.source) || ' $$ LANGUAGE sql'
                                 ELSE 'LAMBDA ''' || _f.lambda_name || ''' IAM_ROLE ''' || _f.iam_role || '''' END END
            || chr(10)
     FROM _rs.routine AS _f WHERE _f.oid = o);
CREATE OR REPLACE MACRO _rs.oidvectortypes(v) AS
    (SELECT coalesce(string_agg(_y.sqlname, ', ' ORDER BY i.n), '')
     FROM (SELECT unnest(string_split(v, ' ')) AS t, generate_subscripts(string_split(v, ' '), 1) AS n) AS i
         JOIN _rs.pg_type AS _y ON _y.oid = TRY_CAST(i.t AS BIGINT));
CREATE OR REPLACE MACRO _rs.type_oid(t) AS
    (SELECT _y.oid FROM _rs.pg_type AS _y WHERE _y.sqlname = _rs.sqlname(t));

CREATE OR REPLACE VIEW _rs.pg_proc AS
    SELECT f.oid, f.name AS proname, n.oid AS pronamespace, _rs.user_id(f.owner) AS proowner,
           CASE WHEN f.kind = 'p' THEN 100 WHEN f.lambda_name IS NULL THEN 14 ELSE 102 END AS prolang, false AS proisagg,
           f.definer AS prosecdef, false AS proisstrict, false AS proretset, left(f.volatility, 1) AS provolatile,
           CAST(len(f.inputs) AS SMALLINT) AS pronargs, _rs.type_oid(_rs.result_type(f.outputs)) AS prorettype,
           array_to_string(list_transform(f.inputs, lambda t: ids.of[_rs.sqlname(t)]), ' ') AS proargtypes, f.names AS proargnames,
           CASE WHEN f.given THEN list_transform(f.modes, lambda m: CASE m WHEN 'IN' THEN 'i' WHEN 'OUT' THEN 'o' ELSE 'b' END)
                END AS proargmodes,
           CASE WHEN f.given THEN list_transform(f.types, lambda t: CAST(ids.of[_rs.sqlname(t)] AS BIGINT)) END AS proallargtypes,
           f.source AS prosrc, CAST(f.iam_role AS VARCHAR) AS probin, CAST(NULL AS VARCHAR[]) AS proacl,
           false AS proiswindow, 'u' AS proparallel, CAST(NULL AS VARCHAR[]) AS proconfig, f.kind AS prokind,
           1255 AS tableoid
    FROM (SELECT *, list_has_any(modes, ['OUT', 'INOUT']) AS given FROM _rs.routine) AS f
        JOIN _rs.pg_namespace AS n ON n.nspname = f.schema_name,
        (SELECT map_from_entries(list((sqlname, oid))) AS of FROM _rs.pg_type) AS ids;
CREATE OR REPLACE VIEW _rs.pg_proc_info AS SELECT oid AS prooid, * EXCLUDE (oid, tableoid) FROM _rs.pg_proc;
CREATE OR REPLACE VIEW _rs.pg_language AS
    SELECT *, true AS lanpltrusted, lanname <> 'sql' AS lanispl, 1 AS lanowner, 2612 AS tableoid,
           0 AS lanplcallfoid, 0 AS lanvalidator, 0 AS laninline, CAST(NULL AS VARCHAR[]) AS lanacl
    FROM (VALUES (14, 'sql'), (100, 'plpgsql'), (102, 'exfunc')) AS t(oid, lanname);
CREATE OR REPLACE VIEW _rs.svv_redshift_functions AS
    SELECT getvariable('rs_database') AS database_name, schema_name, name AS function_name,
           CASE kind WHEN 'p' THEN 'STORED PROCEDURE' ELSE 'REGULAR FUNCTION' END AS function_type,
           signature AS argument_type, _rs.shown_types(outputs) AS result_type FROM _rs.routine;

-- SHOW: Redshift, "SHOW FUNCTIONS", "SHOW PROCEDURES", "SHOW PARAMETERS". What goes in is the argument list, what
-- comes out the return type; a procedure that gives nothing has none.

CREATE OR REPLACE VIEW _rs.shown_routine AS
    SELECT getvariable('rs_database') AS database_name, schema_name, name, CAST(len(inputs) AS INTEGER) AS number_of_arguments,
           signature AS argument_list, nullif(_rs.shown_types(outputs), '') AS return_type,
           CAST(NULL AS VARCHAR) AS remarks, kind
    FROM _rs.routine ORDER BY schema_name, name, signature;
CREATE OR REPLACE VIEW _rs.show_functions AS
    SELECT * EXCLUDE (kind) RENAME (name AS function_name) FROM _rs.shown_routine WHERE kind = 'f';
CREATE OR REPLACE VIEW _rs.show_procedures AS
    SELECT * EXCLUDE (kind) RENAME (name AS procedure_name) FROM _rs.shown_routine WHERE kind = 'p';
CREATE OR REPLACE VIEW _rs.shown_parameter AS
    SELECT getvariable('rs_database') AS database_name, f.schema_name, f.name AS object_name, f.name,
           p.parameter_name, CAST(p.n AS INTEGER) AS ordinal_position, p.parameter_type,
           _rs.sqlname(p.type) AS data_type,
           CASE WHEN p.type LIKE 'character%(%' THEN _rs.typmod(p.type) - 4 END AS character_maximum_length,
           CASE WHEN p.type LIKE 'numeric(%' THEN (_rs.typmod(p.type) - 4) >> 16 END AS numeric_precision,
           CASE WHEN p.type LIKE 'numeric(%' THEN (_rs.typmod(p.type) - 4) & 65535 END AS numeric_scale, f.signature,
           f.kind
    FROM _rs.routine AS f JOIN (
        SELECT oid, '' AS parameter_name, 0 AS n, 'RETURN' AS parameter_type, outputs[1] AS type FROM _rs.routine
        WHERE kind = 'f'
        UNION ALL
        SELECT oid, unnest(names), generate_subscripts(types, 1),
               unnest(coalesce(modes, list_transform(types, lambda t: 'IN'))), unnest(types)
        FROM _rs.routine) AS p(oid, parameter_name, n, parameter_type, type) ON p.oid = f.oid
    ORDER BY f.schema_name, f.name, f.signature, p.n;
CREATE OR REPLACE VIEW _rs.show_function_parameters AS
    SELECT * EXCLUDE (kind) RENAME (name AS function_name) FROM _rs.shown_parameter WHERE kind = 'f';
CREATE OR REPLACE VIEW _rs.show_procedure_parameters AS
    SELECT * EXCLUDE (kind) RENAME (name AS procedure_name) FROM _rs.shown_parameter WHERE kind = 'p';
-- What has_table_privilege() and its siblings are asked about: a name, or an OID.
CREATE OR REPLACE MACRO _rs.object_key(sort_of, x) AS
    CASE WHEN TRY_CAST(CAST(x AS VARCHAR) AS BIGINT) IS NULL THEN lower(CAST(x AS VARCHAR))
         WHEN sort_of = 'TABLE' THEN (SELECT _r.schema_name || '.' || _r.name FROM _rs.relation AS _r
                                   WHERE _r.oid = TRY_CAST(CAST(x AS VARCHAR) AS BIGINT))
         WHEN sort_of = 'SCHEMA' THEN (SELECT _n.nspname FROM _rs.pg_namespace AS _n
                                    WHERE _n.oid = TRY_CAST(CAST(x AS VARCHAR) AS BIGINT))
         ELSE (SELECT _f.schema_name || '.' || _f.name || '(' || _f.signature || ')' FROM _rs.routine AS _f
               WHERE _f.oid = TRY_CAST(CAST(x AS VARCHAR) AS BIGINT)) END;
