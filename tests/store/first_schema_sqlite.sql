-- Readings as nodewise 0.1.0 at 537b486 kept them: triggers of SQLite.
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER signatures_no_update BEFORE UPDATE ON signatures BEGIN SELECT RAISE(ABORT, 'signatures is append-only'); END;
CREATE TRIGGER signatures_no_delete BEFORE DELETE ON signatures BEGIN SELECT RAISE(ABORT, 'signatures is append-only'); END;
CREATE TRIGGER answers_signed_insert BEFORE INSERT ON answers WHEN EXISTS (SELECT 1 FROM signatures s WHERE s.code = NEW.code AND s.version = NEW.version) BEGIN SELECT RAISE(ABORT, 'signed answers are read-only'); END;
CREATE TRIGGER answers_signed_update BEFORE UPDATE ON answers WHEN EXISTS (SELECT 1 FROM signatures s WHERE s.code = NEW.code AND s.version = NEW.version) BEGIN SELECT RAISE(ABORT, 'signed answers are read-only'); END;
CREATE TRIGGER answers_signed_delete BEFORE DELETE ON answers WHEN EXISTS (SELECT 1 FROM signatures s WHERE s.code = OLD.code AND s.version = OLD.version) BEGIN SELECT RAISE(ABORT, 'signed answers are read-only'); END;
