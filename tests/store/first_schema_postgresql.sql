-- Readings as nodewise 0.1.0 at 537b486 kept them: triggers of PostgreSQL.
CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE OR REPLACE FUNCTION not_signed() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE it record; BEGIN IF TG_OP = 'DELETE' THEN it := OLD; ELSE it := NEW; END IF; IF EXISTS (SELECT 1 FROM signatures s WHERE s.code = it.code AND s.version = it.version) THEN RAISE EXCEPTION 'signed answers are read-only'; END IF; RETURN it; END $$;
CREATE OR REPLACE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE OR REPLACE TRIGGER signatures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signatures FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE OR REPLACE TRIGGER answers_signed BEFORE INSERT OR UPDATE OR DELETE ON answers FOR EACH ROW EXECUTE FUNCTION not_signed();
