package worklist

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// applicationID marks a SQLite file as a worklist: "ZSwl".
const applicationID = 0x5a53776c

// migrations brings a file of version i to version i+1. What stands here never
// changes; a new layout is a new entry.
var migrations = []string{`
CREATE TABLE cases (
	id INTEGER PRIMARY KEY,
	content TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,                   -- of its file
	added INTEGER NOT NULL,
	priority INTEGER NOT NULL DEFAULT 0,
	stated REAL NOT NULL DEFAULT 0        -- magnification; 0: the file's own
) STRICT;
CREATE INDEX cases_name ON cases (name COLLATE NOCASE, content);

CREATE TABLE places (
	path TEXT PRIMARY KEY,
	case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
	size INTEGER NOT NULL,
	modified INTEGER NOT NULL,            -- nanoseconds
	missing INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX places_case ON places (case_id, missing, path);

CREATE TABLE folders (
	path TEXT PRIMARY KEY,
	images INTEGER NOT NULL,
	watch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setups (
	id INTEGER PRIMARY KEY,
	key TEXT NOT NULL UNIQUE,
	description TEXT NOT NULL,            -- JSON
	used INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
	id INTEGER PRIMARY KEY,
	case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
	setup_id INTEGER NOT NULL REFERENCES setups,
	stated REAL NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
	reason TEXT NOT NULL DEFAULT '',
	tries INTEGER NOT NULL DEFAULT 0,       -- times it was begun
	postponed INTEGER NOT NULL DEFAULT 0,   -- times it was put off, in a row
	interrupted INTEGER NOT NULL DEFAULT 0, -- times the program ended meanwhile
	not_before INTEGER NOT NULL DEFAULT 0,
	changed INTEGER NOT NULL,               -- when it came into this state
	label TEXT NOT NULL DEFAULT '',
	probabilities BLOB,                     -- of each class, float64, little end first
	margin REAL,
	entropy REAL,
	warnings INTEGER NOT NULL DEFAULT 0,
	encoded INTEGER NOT NULL DEFAULT 0,
	exhaustive INTEGER NOT NULL DEFAULT 0,
	seconds REAL NOT NULL DEFAULT 0,
	device TEXT NOT NULL DEFAULT '',
	spots TEXT NOT NULL DEFAULT '',         -- JSON
	UNIQUE (setup_id, case_id, stated)
) STRICT;
CREATE INDEX runs_case ON runs (case_id);
CREATE INDEX runs_state ON runs (setup_id, state);

CREATE TABLE probabilities (
	run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
	class INTEGER NOT NULL,
	p REAL NOT NULL,
	PRIMARY KEY (run_id, class)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
	run_id INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
	warnings TEXT NOT NULL,                 -- JSON
	result BLOB NOT NULL                    -- JSON, gzip
) STRICT;

CREATE TABLE pictures (
	case_id INTEGER PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	data BLOB NOT NULL                      -- JPEG or PNG
) STRICT;

CREATE TABLE history (
	id INTEGER PRIMARY KEY,
	run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
	time INTEGER NOT NULL,
	state TEXT NOT NULL,
	reason TEXT NOT NULL
) STRICT;
CREATE INDEX history_run ON history (run_id);

CREATE TABLE verdicts (
	id INTEGER PRIMARY KEY,
	case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
	setup_id INTEGER NOT NULL REFERENCES setups,
	reader TEXT NOT NULL,
	opinion TEXT NOT NULL,
	class TEXT NOT NULL,
	note TEXT NOT NULL,
	blinded INTEGER NOT NULL,
	time INTEGER NOT NULL,
	current INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX verdicts_current ON verdicts (case_id, reader) WHERE current;
CREATE INDEX verdicts_case ON verdicts (case_id);

-- Every state that a run comes into is kept.
CREATE TRIGGER runs_begun AFTER INSERT ON runs BEGIN
	INSERT INTO history (run_id, time, state, reason) VALUES (new.id, new.changed, new.state, new.reason);
END;
CREATE TRIGGER runs_went_on AFTER UPDATE OF state ON runs BEGIN
	INSERT INTO history (run_id, time, state, reason) VALUES (new.id, new.changed, new.state, new.reason);
END;
`, `
ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT '';   -- of the reason
ALTER TABLE cases ADD COLUMN off INTEGER NOT NULL DEFAULT 0; -- their folder was taken off the list

-- Notes of readers who have no verdict yet.
CREATE TABLE notes (
	case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
	reader TEXT NOT NULL,
	note TEXT NOT NULL,
	time INTEGER NOT NULL,
	PRIMARY KEY (case_id, reader)
) STRICT, WITHOUT ROWID;
`}

// migrate brings the file to the newest layout, all of it or nothing. A file that
// holds something is backed up first.
func (s *Store) migrate(ctx context.Context, migrations []string) error {
	var version int
	if err := s.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version > len(migrations):
		return fmt.Errorf("%w: it has layout %d, this one knows up to %d", ErrNewer, version, len(migrations))
	case version == len(migrations):
		return nil
	case version > 0:
		if err := s.backUp(ctx, version); err != nil {
			return err
		}
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, m := range migrations[version:] {
		if _, err := tx.ExecContext(ctx, m); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(migrations))); err != nil {
		return err
	}
	return tx.Commit()
}

// backUp writes all of a file of an older version beside it.
func (s *Store) backUp(ctx context.Context, version int) error {
	to := fmt.Sprintf("%s.v%d-%s.backup", s.path, version, s.now().Format(fileTime))
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("backup %s is there already", to)
	}
	if _, err := s.write.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return fmt.Errorf("backup %s: %w", to, err)
	}
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// fileTime is how moments are written in names of files.
const fileTime = "20060102-150405"
