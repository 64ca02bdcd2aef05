-- Users, groups and roles, who owns what, and who may do what with it.

CREATE SEQUENCE IF NOT EXISTS _rs.account_ids START 101;
-- kind: user, group or role; the password as PostgreSQL keeps it, md5(password || name) behind the word md5.
CREATE TABLE IF NOT EXISTS _rs.account (
    oid INTEGER, kind VARCHAR, name VARCHAR, password VARCHAR, createdb BOOLEAN, superuser BOOLEAN,
    syslog VARCHAR, valid_until TIMESTAMP, connections INTEGER, session_timeout INTEGER, owner VARCHAR);
CREATE UNIQUE INDEX IF NOT EXISTS account_name ON _rs.account (kind, name);
-- A user in a group; a role held by a user or by a role.
CREATE TABLE IF NOT EXISTS _rs.member (kind VARCHAR, name VARCHAR, member_kind VARCHAR, member VARCHAR, admin BOOLEAN);
CREATE UNIQUE INDEX IF NOT EXISTS member_once ON _rs.member (kind, name, member_kind, member);
-- object: `s`, `s.t`, `s.f(integer)`, a language, a role's ARN; '' for the database and for system permissions.
CREATE TABLE IF NOT EXISTS _rs.acl (
    kind VARCHAR, object VARCHAR, privilege VARCHAR, grantee_kind VARCHAR, grantee VARCHAR, grantor VARCHAR,
    admin BOOLEAN);
CREATE UNIQUE INDEX IF NOT EXISTS acl_once ON _rs.acl (kind, object, privilege, grantee_kind, grantee, grantor);
CREATE TABLE IF NOT EXISTS _rs.owner (kind VARCHAR, object VARCHAR, owner VARCHAR);
CREATE UNIQUE INDEX IF NOT EXISTS owner_once ON _rs.owner (kind, object);
-- COMMENT ON: kind DATABASE, SCHEMA, TABLE (views too), COLUMN or CONSTRAINT, of which part is the name.
CREATE TABLE IF NOT EXISTS _rs.comment (kind VARCHAR, object VARCHAR, part VARCHAR, text VARCHAR);
-- What objects that are made from now on are granted; `revoked`: what they are not, though it is the default.
CREATE TABLE IF NOT EXISTS _rs.default_acl (
    owner VARCHAR, schema_name VARCHAR, kind VARCHAR, privilege VARCHAR, grantee_kind VARCHAR, grantee VARCHAR,
    admin BOOLEAN, revoked BOOLEAN);
-- A new database (Redshift, "GRANT", "UDF security and permissions", "Schemas"): everybody may create in public, make
-- temporary tables, write SQL functions and procedures, and execute what is there.
INSERT INTO _rs.acl
    SELECT kind, object, privilege, 'public', 'public', '', false
    FROM (VALUES ('SCHEMA', 'public', 'CREATE'), ('SCHEMA', 'public', 'USAGE'), ('DATABASE', '', 'TEMPORARY'),
                 ('LANGUAGE', 'sql', 'USAGE'), ('LANGUAGE', 'plpgsql', 'USAGE')) AS t(kind, object, privilege)
    WHERE NOT EXISTS (SELECT 1 FROM _rs.account);
INSERT INTO _rs.acl
    SELECT 'FUNCTION', schema_name || '.' || name || '(' || signature || ')', 'EXECUTE', 'public', 'public', owner, false
    FROM _rs.function WHERE NOT EXISTS (SELECT 1 FROM _rs.account);

-- Everything that a user counts as.
CREATE OR REPLACE VIEW _rs.identity AS
    WITH RECURSIVE held(member, role) AS (
        SELECT member, name FROM _rs.member WHERE kind = 'role' AND member_kind = 'user'
        UNION
        SELECT h.member, m.name FROM held AS h JOIN _rs.member AS m
            ON m.kind = 'role' AND m.member_kind = 'role' AND m.member = h.role)
    SELECT name AS member, 'user' AS kind, name FROM _rs.account WHERE kind = 'user'
    UNION ALL SELECT name, 'public', 'public' FROM _rs.account WHERE kind = 'user'
    UNION ALL SELECT member, 'group', name FROM _rs.member WHERE kind = 'group'
    UNION ALL SELECT member, 'role', role FROM held;
CREATE OR REPLACE VIEW _rs.owned AS
    SELECT 'FUNCTION' AS kind, schema_name || '.' || name || '(' || signature || ')' AS object, owner FROM _rs.function
    UNION ALL SELECT 'PROCEDURE', schema_name || '.' || name || '(' || signature || ')', owner FROM _rs.procedure
    UNION ALL SELECT kind, object, owner FROM _rs.owner;
CREATE OR REPLACE MACRO _rs.is_super(u) AS
    EXISTS (SELECT 1 FROM _rs.account AS a WHERE a.kind = 'user' AND a.name = u AND a.superuser);
CREATE OR REPLACE MACRO _rs.owns(u, k, o) AS
    EXISTS (SELECT 1 FROM _rs.owned AS w WHERE w.kind = k AND w.object = o AND w.owner = u);
CREATE OR REPLACE MACRO _rs.granted(u, k, o, p) AS
    EXISTS (SELECT 1 FROM _rs.acl AS a JOIN _rs.identity AS i ON i.kind = a.grantee_kind AND i.name = a.grantee
            WHERE i.member = u AND a.kind = k AND a.object = o AND a.privilege = p);
CREATE OR REPLACE MACRO _rs.may(u, k, o, p) AS
    _rs.is_super(u) OR _rs.owns(u, k, o) OR _rs.granted(u, k, o, p);
-- May a statement's user see this identity (SVV_ views): superusers see all, others what they are.
CREATE OR REPLACE MACRO _rs.sees(k, n) AS
    _rs.is_super(getvariable('rs_user'))
    OR EXISTS (SELECT 1 FROM _rs.identity AS i WHERE i.member = getvariable('rs_user') AND i.kind = k AND i.name = n);

CREATE OR REPLACE VIEW _rs.pg_user AS
    SELECT name AS usename, oid AS usesysid, createdb AS usecreatedb, superuser AS usesuper, superuser AS usecatupd,
           '********' AS passwd, valid_until AS valuntil, CAST(NULL AS VARCHAR) AS useconfig
    FROM _rs.account WHERE kind = 'user';
CREATE OR REPLACE VIEW _rs.pg_user_info AS SELECT * FROM _rs.pg_user;
CREATE OR REPLACE VIEW _rs.pg_group AS
    SELECT g.name AS groname, g.oid AS grosysid,
           (SELECT list(u.oid ORDER BY u.oid) FROM _rs.member AS m JOIN _rs.account AS u
                ON u.kind = 'user' AND u.name = m.member
            WHERE m.kind = 'group' AND m.name = g.name) AS grolist
    FROM _rs.account AS g WHERE g.kind = 'group';
CREATE OR REPLACE VIEW _rs.svv_user_info AS
    SELECT name AS user_name, oid AS user_id, createdb, superuser, false AS catalog_update,
           coalesce(CAST(connections AS VARCHAR), 'UNLIMITED') AS connection_limit, syslog AS syslog_access,
           CAST(NULL AS TIMESTAMP) AS last_ddl_ts, session_timeout, CAST(NULL AS VARCHAR) AS external_user_id
    FROM _rs.account WHERE kind = 'user';
CREATE OR REPLACE VIEW _rs.svv_roles AS
    SELECT oid AS role_id, name AS role_name, owner AS role_owner, CAST(NULL AS VARCHAR) AS external_id
    FROM _rs.account WHERE kind = 'role' AND _rs.sees('role', name);
CREATE OR REPLACE VIEW _rs.svv_user_grants AS
    SELECT u.oid AS user_id, u.name AS user_name, r.oid AS role_id, r.name AS role_name, m.admin AS admin_option
    FROM _rs.member AS m JOIN _rs.account AS u ON u.kind = 'user' AND u.name = m.member
        JOIN _rs.account AS r ON r.kind = 'role' AND r.name = m.name
    WHERE m.kind = 'role' AND m.member_kind = 'user' AND _rs.sees('user', m.member);
CREATE OR REPLACE VIEW _rs.svv_role_grants AS
    SELECT r.oid AS role_id, r.name AS role_name, g.oid AS granted_role_id, g.name AS granted_role_name
    FROM _rs.member AS m JOIN _rs.account AS r ON r.kind = 'role' AND r.name = m.member
        JOIN _rs.account AS g ON g.kind = 'role' AND g.name = m.name
    WHERE m.kind = 'role' AND m.member_kind = 'role' AND _rs.sees('role', m.member);
-- Grants as the SVV_..._PRIVILEGES views tell them.
CREATE OR REPLACE VIEW _rs.grants AS
    SELECT a.kind, a.object, a.privilege, coalesce(i.oid, 0) AS identity_id, a.grantee AS identity_name,
           a.grantee_kind AS identity_type, bool_or(a.admin) AS admin_option
    FROM _rs.acl AS a LEFT JOIN _rs.account AS i ON i.kind = a.grantee_kind AND i.name = a.grantee
    WHERE _rs.sees(a.grantee_kind, a.grantee)
    GROUP BY ALL;
CREATE OR REPLACE VIEW _rs.svv_function_privileges AS
    SELECT f.schema_name AS namespace_name, f.name AS function_name, f.signature AS argument_types,
           g.privilege AS privilege_type, g.identity_id, g.identity_name, g.identity_type, g.admin_option
    FROM _rs.grants AS g JOIN _rs.function AS f
        ON g.object = f.schema_name || '.' || f.name || '(' || f.signature || ')'
    WHERE g.kind = 'FUNCTION';
CREATE OR REPLACE VIEW _rs.svv_language_privileges AS
    SELECT object AS language_name, privilege AS privilege_type, identity_id, identity_name, identity_type, admin_option
    FROM _rs.grants WHERE kind = 'LANGUAGE';
CREATE OR REPLACE VIEW _rs.svv_schema_privileges AS
    SELECT object AS namespace_name, privilege AS privilege_type, identity_id, identity_name, identity_type, admin_option
    FROM _rs.grants WHERE kind = 'SCHEMA';
CREATE OR REPLACE VIEW _rs.svv_relation_privileges AS
    SELECT o.schema_name AS namespace_name, o.name AS relation_name, g.privilege AS privilege_type, g.identity_id,
           g.identity_name, g.identity_type, g.admin_option
    FROM _rs.grants AS g JOIN (
        SELECT schema_name, table_name AS name FROM duckdb_tables() UNION ALL
        SELECT schema_name, view_name FROM duckdb_views()) AS o ON g.object = o.schema_name || '.' || o.name
    WHERE g.kind = 'TABLE';
CREATE OR REPLACE VIEW _rs.svv_database_privileges AS
    SELECT getvariable('rs_database') AS database_name, CASE privilege WHEN 'TEMPORARY' THEN 'TEMP' ELSE privilege END
           AS privilege_type, identity_id, identity_name, identity_type, admin_option
    FROM _rs.grants WHERE kind = 'DATABASE';
CREATE OR REPLACE VIEW _rs.svv_system_privileges AS
    SELECT privilege AS system_privilege, identity_id, identity_name, identity_type
    FROM _rs.grants WHERE kind = 'SYSTEM';
CREATE OR REPLACE VIEW _rs.svv_default_privileges AS
    SELECT nullif(d.schema_name, '') AS schema_name, CASE d.kind WHEN 'TABLE' THEN 'RELATION' ELSE d.kind END AS object_type,
           coalesce(o.oid, 0) AS owner_id, d.owner AS owner_name, 'user' AS owner_type, d.privilege AS privilege_type,
           coalesce(g.oid, 0) AS grantee_id, d.grantee AS grantee_name, d.grantee_kind AS grantee_type,
           d.admin AS admin_option
    FROM _rs.default_acl AS d LEFT JOIN _rs.account AS o ON o.kind = 'user' AND o.name = d.owner
        LEFT JOIN _rs.account AS g ON g.kind = d.grantee_kind AND g.name = d.grantee
    WHERE NOT d.revoked;
