"""This file has the functions of the database that note deeds, and that blank values in the audit.

They say by themselves when and by whom, and nobody else writes the notes. To blank is possible only in the
transaction that notes it, and exactly what the note names: so there is no blanking without a trace.
"""

from __future__ import annotations

_SIGNATURES = {
    "aroeira_audit_did": "(text, text, bigint, text, jsonb)",
    "aroeira_audit_blank": "(bigint)",
}
_DID = """
CREATE OR REPLACE FUNCTION aroeira_audit_did(
  deed text, of_entity text, of_record bigint, because text, told jsonb
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $audit$
DECLARE
  said jsonb := coalesce(nullif(current_setting('aroeira.origin', true), '')::jsonb, '{"kind": "database"}');
  made bigint;
BEGIN
INSERT INTO aroeira_audit_deed (at, transaction, operator, kind, address, route, session, database_user,
  deed, entity, record, reason, detail)
VALUES (clock_timestamp(), pg_current_xact_id()::text::bigint, coalesce(said ->> 'operator', ''),
  coalesce(said ->> 'kind', ''), coalesce(said ->> 'address', ''), coalesce(said ->> 'route', ''),
  coalesce(said ->> 'session', ''), session_user, deed, of_entity, of_record, because, told)
RETURNING id INTO made;
RETURN made;
END $audit$
"""
# A null where there was a value, and an empty list of targets: neither is ever noted otherwise.
_BLANK = """
CREATE OR REPLACE FUNCTION aroeira_audit_blank(of_deed bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $audit$
DECLARE told jsonb; part jsonb; counted bigint; total bigint := 0;
BEGIN
SELECT d.detail INTO told FROM aroeira_audit_deed d
WHERE d.id = of_deed AND d.deed = 'anonymise' AND d.transaction = pg_current_xact_id()::text::bigint;
IF told IS NULL THEN RAISE EXCEPTION 'nothing was noted in this transaction'; END IF;
FOR part IN SELECT * FROM jsonb_array_elements(told -> 'blanks') LOOP
  UPDATE aroeira_audit a SET changes = (
    SELECT jsonb_object_agg(each.key, CASE
      WHEN NOT part -> 'fields' ? each.key THEN each.value
      WHEN act.operation = 'U' THEN '[null, null]'::jsonb
      WHEN act.operation IN ('A', 'T') THEN '[]'::jsonb
      ELSE 'null'::jsonb END)
    FROM jsonb_each(a.changes) each)
  FROM aroeira_audit_act act
  WHERE act.act = a.act AND act.at = a.at
    AND a.entity IN (SELECT jsonb_array_elements_text(part -> 'entities'))
    AND a.record IN (SELECT value::text::bigint FROM jsonb_array_elements(part -> 'records'))
    AND a.changes ?| ARRAY(SELECT jsonb_array_elements_text(part -> 'fields'));
  GET DIAGNOSTICS counted = ROW_COUNT;
  total := total + counted;
END LOOP;
RETURN total;
END $audit$
"""
FUNCTIONS = {
    name: (_SIGNATURES[name], definition)
    for name, definition in (("aroeira_audit_did", _DID), ("aroeira_audit_blank", _BLANK))
}
CALLED = tuple(f"{name}{arguments}" for name, arguments in _SIGNATURES.items())
