package worklist

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// FileName is the usual name of a worklist's file.
const FileName = "worklist.db"

var (
	// ErrInUse: another program has the worklist open.
	ErrInUse = errors.New("worklist is in use by another zoomscope")
	// ErrNewer: a newer version of the program made the file.
	ErrNewer = errors.New("worklist was made by a newer version of the program")
	// ErrNotWorklist: the file is something else. It was not touched.
	ErrNotWorklist = errors.New("not a worklist")
	// ErrFull: there is no space left to write to.
	ErrFull = errors.New("no space left for the worklist")
)

// Store is an open worklist. Its methods may be called from several goroutines at
// once. Reading does not wait for writing.
type Store struct {
	path    string
	lock    *os.File
	write   *sql.DB // one connection
	read    *sql.DB
	changes subscribers
	taken   atomic.Bool
	now     func() time.Time
}

// Open opens the worklist in a file, which is made when missing. The file is
// checked; one that is damaged is set aside with a *DamagedError. Before an older
// layout is changed a backup is made. Runs that were running when the program ended
// are queued again. Errors are ErrInUse, ErrNewer, ErrNotWorklist, or those of the
// file system.
func Open(ctx context.Context, path string) (*Store, error) {
	return open(ctx, path, migrations)
}

func open(ctx context.Context, path string, migrations []string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	ours, err := checkHeader(path)
	if err != nil {
		return nil, err
	}
	held, err := takeLock(path + ".lock")
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, lock: held, now: time.Now}
	if err := s.start(ctx, migrations); err != nil {
		err = errors.Join(err, s.closeFiles())
		if damage := (*DamagedError)(nil); errors.As(err, &damage) && ours {
			err = damage.setAside(s.now())
		}
		return nil, errors.Join(err, held.Close())
	}
	return s, nil
}

// start connects, checks the file, and brings it up to date.
func (s *Store) start(ctx context.Context, migrations []string) (err error) {
	if s.write, err = connect(s.path, 1, "journal_mode(wal)", "synchronous(full)", "foreign_keys(1)"); err != nil {
		return err
	}
	if err := s.Check(ctx); err != nil {
		return err
	}
	if err := s.checkOwn(ctx); err != nil {
		return err
	}
	if err := s.migrate(ctx, migrations); err != nil {
		return s.explain(err)
	}
	if s.read, err = connect(s.path, 4, "query_only(1)"); err != nil {
		return err
	}
	return s.recover(ctx)
}

// connect makes a pool of connections with these settings.
func connect(path string, connections int, pragmas ...string) (*sql.DB, error) {
	values := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{"busy_timeout(10000)"}, pragmas...)}
	connector, err := sqlite.NewConnector("file:" + fileURL(path) + "?" + values.Encode())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// fileURL is a path as part of a URI, which SQLite takes apart again.
func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive's letter
	}
	return (&url.URL{Path: path}).EscapedPath()
}

// takeLock keeps other programs out for as long as the file is open.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		by, _ := io.ReadAll(io.LimitReader(f, 100))
		return nil, errors.Join(fmt.Errorf("%s: %w%s", strings.TrimSuffix(path, ".lock"), ErrInUse, parenthesis(string(by))), f.Close())
	}
	if err := f.Truncate(0); err == nil {
		fmt.Fprintf(f, "process %d", os.Getpid()) // for people; the lock is what counts
	}
	return f, nil
}

func parenthesis(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return " (" + text + ")"
}

// Path is the worklist's file.
func (s *Store) Path() string { return s.path }

// Close ends the worklist's use. What is under way ends first.
func (s *Store) Close() error { return errors.Join(s.closeFiles(), s.lock.Close()) }

func (s *Store) closeFiles() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// change does f in one transaction and, once that is on the disk, tells those who
// listen.
func (s *Store) change(ctx context.Context, what Change, f func(tx *sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return s.explain(err)
	}
	if err := tx.Commit(); err != nil {
		return s.explain(err)
	}
	s.changes.tell(what)
	return nil
}

// explain names the file, and what callers can test for.
func (s *Store) explain(err error) error {
	var e *sqlite.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &e):
		return fmt.Errorf("%s: %w", s.path, err)
	case e.Code()&0xff == sqlite3.SQLITE_FULL:
		return fmt.Errorf("%s: %w: %w", s.path, ErrFull, err)
	}
	return fmt.Errorf("%s: %w", s.path, err)
}

// one wants a statement to have changed exactly one row.
func one(r sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errNotOne, err)
	}
	return nil
}

var errNotOne = errors.New("not one row")

// rows calls f for every row of a query.
func rows(ctx context.Context, db interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}, query string, args []any, f func(*sql.Rows) error) error {
	rs, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rs.Close()
	for rs.Next() {
		if err := f(rs); err != nil {
			return err
		}
	}
	return rs.Err()
}

// Times are kept as milliseconds since 1970; 0 is none.

func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
