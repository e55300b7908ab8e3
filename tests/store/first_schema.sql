-- Readings as nodewise 0.1.0 at 537b486 kept them: tables and rows, for both engines.
CREATE TABLE answers (
	code TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	subject TEXT NOT NULL, 
	answers TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	saved_at TEXT NOT NULL, 
	PRIMARY KEY (code, version, subject)
);
CREATE TABLE attempts (
	name TEXT NOT NULL, 
	address TEXT NOT NULL, 
	at TEXT NOT NULL
);
CREATE TABLE audit (
	number INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	who TEXT NOT NULL, 
	action TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	details TEXT NOT NULL, 
	previous TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE logins (
	token TEXT NOT NULL, 
	name TEXT NOT NULL, 
	csrf TEXT NOT NULL, 
	began_at TEXT NOT NULL, 
	seen_at TEXT NOT NULL, 
	PRIMARY KEY (token)
);
CREATE TABLE reading_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
CREATE TABLE reads (
	code TEXT NOT NULL, 
	round TEXT NOT NULL, 
	reader TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	iteration INTEGER NOT NULL, 
	participant TEXT NOT NULL, 
	visit TEXT NOT NULL, 
	"after" TEXT, 
	version INTEGER NOT NULL, 
	opened_at TEXT, 
	signed_at TEXT, 
	seconds FLOAT NOT NULL, 
	PRIMARY KEY (code), 
	UNIQUE (round, reader, position)
);
CREATE TABLE rounds (
	round TEXT NOT NULL, 
	part TEXT NOT NULL, 
	form TEXT NOT NULL, 
	form_checksum TEXT NOT NULL, 
	shows TEXT NOT NULL, 
	iterations INTEGER NOT NULL, 
	washout_days INTEGER NOT NULL, 
	shows_score BOOLEAN NOT NULL, 
	seed INTEGER NOT NULL, 
	added_at TEXT NOT NULL, 
	PRIMARY KEY (round)
);
CREATE TABLE signatures (
	code TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	record TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	PRIMARY KEY (code, version)
);
CREATE TABLE users (
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	password TEXT NOT NULL, 
	added_at TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO answers VALUES('ABCDEFGH',1,'1','{"suspicion": 4}',1,'2026-11-01T09:00:00.000+00:00');
INSERT INTO audit VALUES(1,'2026-11-01T09:00:00.000+00:00','test','user added','anna','{"role": "reader"}','0000000000000000000000000000000000000000000000000000000000000000','b06fa5d65214d109e4521dcdeee7a36c08a0be4a74e098c883d0e320783ded83');
INSERT INTO audit VALUES(2,'2026-11-01T09:00:00.000+00:00','test','round added','first','{"form": "suspicion_v1", "form_checksum": "x", "iterations": 1, "part": "pilot", "round": "first", "seed": 1, "shows": "[]", "shows_score": false, "washout_days": 0}','b06fa5d65214d109e4521dcdeee7a36c08a0be4a74e098c883d0e320783ded83','16417d83f1b50203ac842cf9f123cc862979bc5f5d6e281e8ddcc430fdffc1f6');
INSERT INTO audit VALUES(3,'2026-11-01T09:00:00.000+00:00','test','cases added','first','{"reads": [{"after": null, "code": "ABCDEFGH", "iteration": 1, "participant": "P-1", "position": 1, "reader": "anna", "round": "first", "visit": "pre-treatment"}, {"after": null, "code": "JKMNPQRS", "iteration": 1, "participant": "P-2", "position": 2, "reader": "anna", "round": "first", "visit": "pre-treatment"}]}','16417d83f1b50203ac842cf9f123cc862979bc5f5d6e281e8ddcc430fdffc1f6','01ab7116db8c9e8585a2123344aefcc0be28eaec907786b2588d85d808a7b81e');
INSERT INTO audit VALUES(4,'2026-11-01T09:00:00.000+00:00','anna','answered','ABCDEFGH','{"answers": {"suspicion": 4}, "subject": "1", "version": 1}','01ab7116db8c9e8585a2123344aefcc0be28eaec907786b2588d85d808a7b81e','e4735d3a31d89250c2bce5c654641b36f5c47a8dba4cb7729c4d445506923789');
INSERT INTO audit VALUES(5,'2026-11-01T09:00:00.000+00:00','anna','signed','ABCDEFGH','{"hash": "d", "version": 1}','e4735d3a31d89250c2bce5c654641b36f5c47a8dba4cb7729c4d445506923789','50568f9d3e4620cc184f6450a5f253b3d5e3f0afc9499d514154485fca1d80e6');
INSERT INTO reading_schema VALUES(1);
INSERT INTO reads VALUES('ABCDEFGH','first','anna',1,1,'P-1','pre-treatment',NULL,1,NULL,'2026-11-01T09:00:00.000+00:00',2.0);
INSERT INTO reads VALUES('JKMNPQRS','first','anna',2,1,'P-2','pre-treatment',NULL,1,NULL,NULL,0.0);
INSERT INTO rounds VALUES('first','pilot','suspicion_v1','x','[]',1,0,FALSE,1,'2026-11-01T09:00:00.000+00:00');
INSERT INTO signatures VALUES('ABCDEFGH',1,'{"signed_at": "2026-11-01T09:00:00.000+00:00"}','d');
INSERT INTO users VALUES('anna','reader','hash','2026-11-01T09:00:00.000+00:00');
