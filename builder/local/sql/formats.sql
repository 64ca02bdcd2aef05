-- TO_CHAR, TO_NUMBER, and what reads dates by a format (Redshift, "Datetime format strings", "Numeric format strings").

-- One element of a format, of a TIMESTAMP. `fm`: without padding.
CREATE OR REPLACE MACRO _rs.padded(s, size, fm) AS CASE WHEN fm THEN s ELSE rpad(s, size, ' ') END;
CREATE OR REPLACE MACRO _rs.counted(n, size, fm) AS
    CASE WHEN fm THEN CAST(CAST(n AS BIGINT) AS VARCHAR)
         ELSE lpad(CAST(CAST(n AS BIGINT) AS VARCHAR), CAST(greatest(size, strlen(CAST(CAST(n AS BIGINT) AS VARCHAR))) AS INTEGER), '0') END;
CREATE OR REPLACE MACRO _rs.day_part(t, c, fm) AS
    CASE c WHEN 'MONTH' THEN _rs.padded(upper(monthname(t)), 9, fm) WHEN 'Month' THEN _rs.padded(monthname(t), 9, fm)
         WHEN 'month' THEN _rs.padded(lower(monthname(t)), 9, fm)
         WHEN 'MON' THEN upper(left(monthname(t), 3)) WHEN 'Mon' THEN left(monthname(t), 3)
         WHEN 'mon' THEN lower(left(monthname(t), 3))
         WHEN 'DAY' THEN _rs.padded(upper(dayname(t)), 9, fm) WHEN 'Day' THEN _rs.padded(dayname(t), 9, fm)
         WHEN 'day' THEN _rs.padded(lower(dayname(t)), 9, fm)
         WHEN 'DY' THEN upper(left(dayname(t), 3)) WHEN 'Dy' THEN left(dayname(t), 3)
         WHEN 'dy' THEN lower(left(dayname(t), 3))
         WHEN 'AM' THEN CASE WHEN hour(t) < 12 THEN 'AM' ELSE 'PM' END WHEN 'PM' THEN CASE WHEN hour(t) < 12 THEN 'AM' ELSE 'PM' END
         WHEN 'am' THEN CASE WHEN hour(t) < 12 THEN 'am' ELSE 'pm' END WHEN 'pm' THEN CASE WHEN hour(t) < 12 THEN 'am' ELSE 'pm' END
         WHEN 'A.M.' THEN CASE WHEN hour(t) < 12 THEN 'A.M.' ELSE 'P.M.' END WHEN 'P.M.' THEN CASE WHEN hour(t) < 12 THEN 'A.M.' ELSE 'P.M.' END
         WHEN 'a.m.' THEN CASE WHEN hour(t) < 12 THEN 'a.m.' ELSE 'p.m.' END WHEN 'p.m.' THEN CASE WHEN hour(t) < 12 THEN 'a.m.' ELSE 'p.m.' END
         WHEN 'TZ' THEN 'UTC' WHEN 'tz' THEN 'utc' WHEN 'OF' THEN '+00' WHEN 'AD' THEN 'AD' WHEN 'BC' THEN 'AD'
         ELSE CASE upper(c) WHEN 'YYYY' THEN _rs.counted(year(t), 4, fm) WHEN 'IYYY' THEN _rs.counted(isoyear(t), 4, fm)
         WHEN 'YYY' THEN right(_rs.counted(year(t), 4, false), 3) WHEN 'YY' THEN right(_rs.counted(year(t), 4, false), 2)
         WHEN 'Y' THEN right(CAST(year(t) AS VARCHAR), 1) WHEN 'IYY' THEN right(_rs.counted(isoyear(t), 4, false), 3)
         WHEN 'IY' THEN right(_rs.counted(isoyear(t), 4, false), 2) WHEN 'I' THEN right(CAST(isoyear(t) AS VARCHAR), 1)
         WHEN 'Y,YYY' THEN CAST(year(t) // 1000 AS VARCHAR) || ',' || lpad(CAST(year(t) % 1000 AS VARCHAR), 3, '0')
         WHEN 'CC' THEN _rs.counted((year(t) + 99) // 100, 2, fm) WHEN 'Q' THEN CAST(quarter(t) AS VARCHAR)
         WHEN 'MM' THEN _rs.counted(month(t), 2, fm)
         WHEN 'RM' THEN _rs.padded(['I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X', 'XI', 'XII'][month(t)], 4, fm)
         WHEN 'WW' THEN _rs.counted((dayofyear(t) + 6) // 7, 2, fm) WHEN 'IW' THEN _rs.counted(weekofyear(t), 2, fm)
         WHEN 'W' THEN CAST((day(t) + 6) // 7 AS VARCHAR)
         WHEN 'DDD' THEN _rs.counted(dayofyear(t), 3, fm) WHEN 'DD' THEN _rs.counted(day(t), 2, fm)
         WHEN 'D' THEN CAST(dayofweek(t) + 1 AS VARCHAR) WHEN 'ID' THEN CAST(isodow(t) AS VARCHAR)
         WHEN 'J' THEN CAST(CAST(julian(CAST(t AS DATE)) AS BIGINT) AS VARCHAR)
         WHEN 'HH24' THEN _rs.counted(hour(t), 2, fm) WHEN 'HH12' THEN _rs.counted((hour(t) + 11) % 12 + 1, 2, fm)
         WHEN 'HH' THEN _rs.counted((hour(t) + 11) % 12 + 1, 2, fm)
         WHEN 'MI' THEN _rs.counted(minute(t), 2, fm) WHEN 'SS' THEN _rs.counted(second(t), 2, fm)
         WHEN 'MS' THEN lpad(CAST(millisecond(t) % 1000 AS VARCHAR), 3, '0')
         WHEN 'US' THEN lpad(CAST(microsecond(t) % 1000000 AS VARCHAR), 6, '0')
         WHEN 'SSSS' THEN CAST(hour(t) * 3600 + minute(t) * 60 + second(t) AS VARCHAR)
         ELSE CASE WHEN c[1] = '"' THEN trim(c, '"') ELSE c END END END;
-- A suffix "th" (behind N it is a part of MONTH) and the prefix FM belong to the element beside them. The list of one binds the value once.
CREATE OR REPLACE MACRO _rs.ordinal(s, suffix) AS
    s || CASE WHEN suffix = '' THEN '' ELSE
        list_transform([CASE WHEN right(s, 2) IN ('11', '12', '13') THEN 'th' WHEN right(s, 1) = '1' THEN 'st'
                             WHEN right(s, 1) = '2' THEN 'nd' WHEN right(s, 1) = '3' THEN 'rd' ELSE 'th' END],
                       lambda e: CASE WHEN suffix = 'TH' THEN upper(e) ELSE e END)[1] END;
CREATE OR REPLACE MACRO _rs.element_pattern() AS
    '"[^"]*"|(?:FM|fm)?(?:MONTH|Month|month|MON|Mon|mon|DAY|Day|day|DY|Dy|dy|[AaPp]\.[Mm]\.|[AP]M|[ap]m|TZ|tz|OF|AD|BC'
    || '|(?i:Y,YYY|IYYY|IYY|IY|YYYY|YYY|YY|Y|CC|Q|MM|RM|WW|IW|W|DDD|DD|ID|D|J|HH24|HH12|HH|MI|SSSS|SS|MS|US|I))(?:TH|th)?|.';
CREATE OR REPLACE MACRO _rs.to_char_date(x, f) AS
    CASE WHEN f IS NULL THEN NULL ELSE
    list_transform([CAST(x AS TIMESTAMP)], lambda t: CASE WHEN t IS NULL THEN NULL ELSE array_to_string(
        list_transform(regexp_extract_all(f, _rs.element_pattern()), lambda p:
            CASE WHEN strlen(p) = 1 AND NOT regexp_full_match(p, '[A-Za-z]') THEN p ELSE
            _rs.ordinal(_rs.day_part(t, regexp_replace(regexp_replace(p, '^(?:FM|fm)(.)', '\1'), '([^Nn])(?:TH|th)$', '\1'),
                                     upper(left(p, 2)) = 'FM'), regexp_extract(p, '[^Nn](TH|th)$', 1)) END), '') END)[1] END;

-- The digits of a number before its point, as a format of `size` places wants them, of which the last `zeros` are always
-- there; `#` where they do not fit. A comma stands before the places that `groups` names, a blank where no digit is.
CREATE OR REPLACE MACRO _rs.whole_digits(d, size, zeros) AS
    CASE WHEN strlen(d) > size THEN repeat('#', size) ELSE lpad(lpad(d, CAST(greatest(zeros, strlen(d)) AS INTEGER), '0'), CAST(size AS INTEGER), ' ') END;
CREATE OR REPLACE MACRO _rs.grouped(d, size, groups) AS
    array_to_string(list_transform(range(1, size + 1), lambda i:
        CASE WHEN list_contains(groups, i) THEN CASE WHEN i > 1 AND d[i - 1] <> ' ' THEN ',' ELSE ' ' END ELSE '' END || d[i]), '');
-- `t`: the digits of the absolute value, rounded; `sign`: how a sign is shown; `kept`: digits behind the point that stay with FM.
CREATE OR REPLACE MACRO _rs.number_text(t, negative, size, zeros, groups, places, sign, head, fm, kept) AS
    list_transform([{'w': _rs.grouped(_rs.whole_digits(
            CASE WHEN places > 0 AND zeros = 0 AND split_part(t, '.', 1) = '0' THEN '' ELSE split_part(t, '.', 1) END, size, zeros),
            size, groups),
        'f': CASE WHEN places = 0 THEN '' WHEN contains(split_part(t, '.', 1), '#') THEN '.' || repeat('#', places)
                  WHEN fm THEN '.' || left(split_part(t, '.', 2), kept) || rtrim(substr(split_part(t, '.', 2), kept + 1), '0')
                  ELSE '.' || split_part(t, '.', 2) END, 'm': negative}], lambda v:
        list_transform([{'s': CASE WHEN fm THEN '' ELSE repeat(' ', strlen(v.w) - strlen(ltrim(v.w))) END, 'b': head || ltrim(v.w) || v.f}],
            lambda r: CASE sign
                WHEN 'S' THEN r.s || CASE WHEN v.m THEN '-' ELSE '+' END || r.b
                WHEN 'S>' THEN r.s || r.b || CASE WHEN v.m THEN '-' ELSE '+' END
                WHEN 'MI' THEN CASE WHEN v.m THEN '-' WHEN fm THEN '' ELSE ' ' END || r.s || r.b
                WHEN 'MI>' THEN r.s || r.b || CASE WHEN v.m THEN '-' WHEN fm THEN '' ELSE ' ' END
                WHEN 'PR' THEN r.s || CASE WHEN v.m THEN '<' || r.b || '>' WHEN fm THEN r.b ELSE ' ' || r.b || ' ' END
                ELSE r.s || CASE WHEN v.m THEN '-' WHEN fm THEN '' ELSE ' ' END || r.b END)[1])[1];
CREATE OR REPLACE MACRO _rs.roman(n, fm) AS
    CASE WHEN n IS NULL THEN NULL WHEN CAST(n AS BIGINT) NOT BETWEEN 1 AND 3999 THEN '###############' ELSE
    list_transform([['', 'M', 'MM', 'MMM'][CAST(n AS BIGINT) // 1000 + 1]
        || ['', 'C', 'CC', 'CCC', 'CD', 'D', 'DC', 'DCC', 'DCCC', 'CM'][CAST(n AS BIGINT) // 100 % 10 + 1]
        || ['', 'X', 'XX', 'XXX', 'XL', 'L', 'LX', 'LXX', 'LXXX', 'XC'][CAST(n AS BIGINT) // 10 % 10 + 1]
        || ['', 'I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX'][CAST(n AS BIGINT) % 10 + 1]],
        lambda s: CASE WHEN fm THEN s ELSE lpad(s, 15, ' ') END)[1] END;
CREATE OR REPLACE MACRO _rs.number_of(s) AS
    CASE WHEN regexp_extract(s, '[0-9.,]*[0-9][0-9.,]*', 0) = ''
         THEN error('[22P02] invalid input syntax for type numeric: "' || s || '"')
         ELSE CASE WHEN contains(s, '-') OR contains(s, '<') THEN '-' ELSE '' END || regexp_replace(s, '[^0-9.]', '', 'g') END;
