package worklist

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// DamagedError says that a worklist's file is damaged, and where it is now.
type DamagedError struct {
	Path    string
	MovedTo string   // "" when it could not be moved
	Faults  []string // what is wrong, as far as it was looked for
	Backups []string // of earlier layouts that stand beside it
}

func (e *DamagedError) Error() string {
	text := fmt.Sprintf("%s: worklist is damaged (%s)", e.Path, strings.Join(e.Faults[:min(3, len(e.Faults))], "; "))
	if e.MovedTo == "" {
		return text + "; it could not be set aside"
	}
	text += "; it was set aside as " + e.MovedTo + ", verdicts and all."
	if len(e.Backups) > 0 {
		text += " An older copy is " + e.Backups[len(e.Backups)-1] + ": give it the worklist's name to go on with it."
	}
	return text + " Started again, the program makes a new worklist and analyses the slides anew; what can still be read of the old one" +
		" comes out with sqlite3 FILE .recover"
}

// setAside gives the file, and what belongs to it, another name.
func (e *DamagedError) setAside(now time.Time) error {
	to := e.Path + ".damaged-" + now.Format(fileTime)
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(e, fmt.Errorf("%s is there already", to))
	}
	if err := os.Rename(e.Path, to); err != nil {
		return errors.Join(e, err)
	}
	e.MovedTo = to
	e.Backups, _ = filepath.Glob(globQuote(e.Path) + ".v*.backup")
	var errs []error
	for _, part := range []string{"-wal", "-shm"} {
		if err := os.Rename(e.Path+part, to+part); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if errs != nil {
		return errors.Join(append([]error{e}, errs...)...)
	}
	return e
}

func globQuote(path string) string {
	return strings.NewReplacer("[", `\[`, "*", `\*`, "?", `\?`).Replace(path)
}

// checkHeader refuses a file that is no worklist, which is not ours to touch, and
// reports whether it says that it is one. One that is empty or not there does not,
// nor does one whose beginning is still in FILE-wal.
func checkHeader(path string) (ours bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	header := make([]byte, 100)
	n, err := io.ReadFull(f, header)
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return false, nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return false, fmt.Errorf("%s: %w", path, err)
	}
	id := binary.BigEndian.Uint32(header[68:])
	if n < len(header) || string(header[:16]) != "SQLite format 3\x00" || id != applicationID && id != 0 {
		return false, notWorklist(path)
	}
	return id == applicationID, nil
}

func notWorklist(path string) error {
	return fmt.Errorf("%s: %w; move it away, or name another file", path, ErrNotWorklist)
}

// checkOwn refuses a database that another program has put something into.
func (s *Store) checkOwn(ctx context.Context) error {
	var id, tables int
	err := s.write.QueryRowContext(ctx, "SELECT (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)").Scan(&id, &tables)
	if err == nil && id != applicationID && tables > 0 {
		return notWorklist(s.path)
	}
	return err
}

// Check looks through the whole file for damage, which is a *DamagedError.
func (s *Store) Check(ctx context.Context) error {
	var faults []string
	err := rows(ctx, s.write, "PRAGMA integrity_check(20)", nil, func(r *sql.Rows) error {
		var text string
		if err := r.Scan(&text); err != nil {
			return err
		}
		if text != "ok" {
			faults = append(faults, text)
		}
		return nil
	})
	if err == nil && faults == nil {
		err = rows(ctx, s.write, "PRAGMA foreign_key_check", nil, func(r *sql.Rows) error {
			faults = append(faults, "a row refers to another that is not there")
			return nil
		})
	}
	var e *sqlite.Error
	if errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_CORRUPT || e.Code()&0xff == sqlite3.SQLITE_NOTADB) {
		faults, err = append(faults, err.Error()), nil
	}
	if faults != nil {
		return &DamagedError{Path: s.path, Faults: faults}
	}
	return s.explain(err)
}
