CREATE OR REPLACE EXTERNAL FUNCTION {{ schema }}.__geo_point_text (VARCHAR, VARCHAR)
RETURNS VARCHAR(MAX) STABLE
LAMBDA '{{ lambda_arn }}' IAM_ROLE '{{ iam_role_arn }}';
{% for place in ['FLOAT8', 'INT'] %}
CREATE OR REPLACE FUNCTION {{ schema }}.{{ function_name }} ({{ place }}, {{ place }})
RETURNS GEOMETRY STABLE
AS $$ SELECT ST_GEOMFROMTEXT({{ schema }}.__geo_point_text(CAST($1 AS VARCHAR), CAST($2 AS VARCHAR)), 4326) $$ LANGUAGE sql;
{% endfor %}
