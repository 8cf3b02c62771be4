package worklist

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"time"
)

// Sighting is a slide file that was seen.
type Sighting struct {
	Path     string // absolute
	Content  string // slideio.ContentID
	Size     int64  // bytes, of all files of the slide
	Modified time.Time
}

// Place is where a slide's file lies, or lay.
type Place struct {
	Path     string
	Case     int64
	Content  string
	Size     int64
	Modified time.Time
	Missing  bool // it was not there when last looked for
}

// Same reports whether a file of this size and time is the one that was seen.
func (p Place) Same(size int64, modified time.Time) bool {
	return p.Size == size && p.Modified.Equal(modified)
}

// See keeps what was seen, in one transaction, and returns how many slides are new.
// A place whose content is another than before belongs to another case from then
// on; the old case goes if it has no other place and nothing was said of it.
func (s *Store) See(ctx context.Context, seen []Sighting) (added int, err error) {
	if len(seen) == 0 {
		return 0, nil
	}
	err = s.change(ctx, Change{What: CasesChanged}, func(tx *sql.Tx) error {
		added = 0
		for _, x := range seen {
			isNew, err := s.seeOne(ctx, tx, x)
			if err != nil {
				return err
			}
			if isNew {
				added++
			}
		}
		return nil
	})
	return added, err
}

func (s *Store) seeOne(ctx context.Context, tx *sql.Tx, x Sighting) (added bool, err error) {
	var id, before int64
	err = tx.QueryRowContext(ctx, "SELECT id FROM cases WHERE content = ?", x.Content).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		added = true
		err = tx.QueryRowContext(ctx, "INSERT INTO cases (content, name, added) VALUES (?, ?, ?) RETURNING id",
			x.Content, filepath.Base(x.Path), stamp(s.now())).Scan(&id)
	}
	if err != nil {
		return added, err
	}
	err = tx.QueryRowContext(ctx, "SELECT case_id FROM places WHERE path = ?", x.Path).Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return added, err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO places (path, case_id, size, modified) VALUES (?, ?, ?, ?) ON CONFLICT (path) DO UPDATE
		SET case_id = excluded.case_id, size = excluded.size, modified = excluded.modified, missing = 0`,
		x.Path, id, x.Size, x.Modified.UnixNano()); err != nil {
		return added, err
	}
	for _, step := range []string{
		"UPDATE cases SET off = 0 WHERE id = ? AND off",
		// It was moved here: where it lay before is of no more use.
		"DELETE FROM places WHERE case_id = ? AND missing",
		// What waits for it need not wait longer.
		"UPDATE runs SET not_before = 0 WHERE case_id = ? AND state = 'queued' AND not_before > 0",
	} {
		if _, err := tx.ExecContext(ctx, step, id); err != nil {
			return added, err
		}
	}
	if err := name(ctx, tx, id); err != nil {
		return added, err
	}
	if before == 0 || before == id {
		return added, nil
	}
	return added, dropOrName(ctx, tx, before)
}

// name calls a case as the first of its places is called.
func name(ctx context.Context, tx *sql.Tx, id int64) error {
	var path string
	err := tx.QueryRowContext(ctx, "SELECT path FROM places WHERE case_id = ? ORDER BY missing, path LIMIT 1", id).Scan(&path)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, "UPDATE cases SET name = ? WHERE id = ?", filepath.Base(path), id)
	}
	return err
}

// dropOrName removes a case that lost its last place to another content before
// anything was said of it.
func dropOrName(ctx context.Context, tx *sql.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM cases WHERE id = ? AND NOT EXISTS (SELECT 1 FROM places WHERE case_id = cases.id)
		AND NOT EXISTS (SELECT 1 FROM runs WHERE case_id = cases.id AND state IN ('done', 'running'))
		AND NOT EXISTS (SELECT 1 FROM verdicts WHERE case_id = cases.id)
		AND NOT EXISTS (SELECT 1 FROM notes WHERE case_id = cases.id)`, id)
	if err != nil {
		return err
	}
	return name(ctx, tx, id)
}

// Gone notes that files are not where they were. A place whose slide lies elsewhere
// too is forgotten; another is kept as missing.
func (s *Store) Gone(ctx context.Context, paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	return s.change(ctx, Change{What: CasesChanged}, func(tx *sql.Tx) error {
		for _, path := range paths {
			var id int64
			err := tx.QueryRowContext(ctx, "UPDATE places SET missing = 1 WHERE path = ? RETURNING case_id", path).Scan(&id)
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM places WHERE path = ?1 AND EXISTS
				(SELECT 1 FROM places o WHERE o.case_id = ?2 AND NOT o.missing)`, path, id); err != nil {
				return err
			}
			if err := name(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// PlacesUnder lists the places in a folder and its subfolders by path; "" means
// all.
func (s *Store) PlacesUnder(ctx context.Context, folder string) (map[string]Place, error) {
	where, args := under("p.path", folder)
	return s.places(ctx, where, args)
}

// PlacesOf lists the places of a case by path.
func (s *Store) PlacesOf(ctx context.Context, id int64) (map[string]Place, error) {
	return s.places(ctx, "p.case_id = ?", []any{id})
}

func (s *Store) places(ctx context.Context, where string, args []any) (map[string]Place, error) {
	all := map[string]Place{}
	err := rows(ctx, s.read, "SELECT p.path, p.case_id, c.content, p.size, p.modified, p.missing FROM places p JOIN cases c ON c.id = p.case_id WHERE "+where, args,
		func(r *sql.Rows) error {
			var p Place
			var modified int64
			if err := r.Scan(&p.Path, &p.Case, &p.Content, &p.Size, &modified, &p.Missing); err != nil {
				return err
			}
			p.Modified = time.Unix(0, modified)
			all[p.Path] = p
			return nil
		})
	return all, s.explain(err)
}

// under is the condition that a path lies in a folder or its subfolders.
func under(column, folder string) (where string, args []any) {
	if folder == "" {
		return "1", nil
	}
	prefix := strings.TrimRight(folder, string(filepath.Separator))
	return column + " > ? AND " + column + " < ?", []any{prefix + string(filepath.Separator), prefix + string(filepath.Separator+1)}
}

// SetPriority changes which cases are analysed first: those of higher priority. The
// usual one is 0.
func (s *Store) SetPriority(ctx context.Context, priority int, cases ...int64) error {
	return s.change(ctx, Change{What: CasesChanged, Cases: cases}, func(tx *sql.Tx) error {
		return each(ctx, tx, "UPDATE cases SET priority = ? WHERE id = ?", priority, cases)
	})
}

// StateMagnification sets the magnification that cases were scanned at, where their
// files do not say or are wrong; 0 leaves it to the files. What was found at
// another one stays, and is shown again when that is stated again.
func (s *Store) StateMagnification(ctx context.Context, magnification float64, cases ...int64) error {
	return s.change(ctx, Change{What: CasesChanged, Cases: cases}, func(tx *sql.Tx) error {
		return each(ctx, tx, "UPDATE cases SET stated = ? WHERE id = ?", magnification, cases)
	})
}

// StateMagnificationUnder does the same for all cases with a place in a folder;
// "" means all cases.
func (s *Store) StateMagnificationUnder(ctx context.Context, magnification float64, folder string) error {
	where, args := under("path", folder)
	return s.change(ctx, Change{What: CasesChanged}, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE cases SET stated = ? WHERE stated <> ? AND id IN (SELECT case_id FROM places WHERE "+where+")",
			append([]any{magnification, magnification}, args...)...)
		return err
	})
}

func each(ctx context.Context, tx *sql.Tx, query string, value any, ids []int64) error {
	for _, id := range ids {
		if _, err := tx.ExecContext(ctx, query, value, id); err != nil {
			return err
		}
	}
	return nil
}
