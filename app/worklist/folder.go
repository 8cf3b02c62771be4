package worklist

import (
	"context"
	"database/sql"
	"path/filepath"
)

// Folder is a folder that slides are looked for in.
type Folder struct {
	Path   string // absolute
	Images bool   // plain PNG and JPEG pictures are slides too
	Watch  bool   // it is looked at again when something changes
}

// AddFolder keeps a folder, or how it is to be looked through, and puts the cases in
// it back on the list that were taken off.
func (s *Store) AddFolder(ctx context.Context, f Folder) error {
	return s.change(ctx, Change{What: CasesChanged}, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO folders (path, images, watch) VALUES (?, ?, ?)
			ON CONFLICT (path) DO UPDATE SET images = excluded.images, watch = excluded.watch`, f.Path, f.Images, f.Watch); err != nil {
			return err
		}
		return putBack(ctx, tx, f.Path)
	})
}

// PutBack puts the cases with a place in a folder back on the list that were taken
// off it.
func (s *Store) PutBack(ctx context.Context, folder string) error {
	return s.change(ctx, Change{What: CasesChanged}, func(tx *sql.Tx) error { return putBack(ctx, tx, folder) })
}

func putBack(ctx context.Context, tx *sql.Tx, folder string) error {
	where, args := under("path", folder)
	_, err := tx.ExecContext(ctx, "UPDATE cases SET off = 0 WHERE off AND id IN (SELECT case_id FROM places WHERE "+where+")", args...)
	return err
}

// RemoveFolder forgets a folder, and takes the cases in it off the list but for those
// that lie elsewhere too, or in a folder that is kept. What is known of them is kept: added
// again, the folder has its cases back with results, verdicts and notes.
func (s *Store) RemoveFolder(ctx context.Context, path string) error {
	where, args := under("path", path)
	elsewhere, more := under("p.path", path)
	separator := string(filepath.Separator)
	return s.change(ctx, Change{What: CasesChanged}, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM folders WHERE path = ?", path); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE cases SET off = 1 WHERE id IN (SELECT case_id FROM places WHERE "+where+`)
			AND NOT EXISTS (SELECT 1 FROM places p WHERE p.case_id = cases.id AND (NOT (`+elsewhere+`) OR EXISTS
				(SELECT 1 FROM folders f WHERE p.path > rtrim(f.path, ?) || ? AND p.path < rtrim(f.path, ?) || ?)))`,
			append(append(args, more...), separator, separator, separator, string(filepath.Separator+1))...)
		return err
	})
}

// Folders lists the folders that are kept, by path.
func (s *Store) Folders(ctx context.Context) ([]Folder, error) {
	var all []Folder
	err := rows(ctx, s.read, "SELECT path, images, watch FROM folders ORDER BY path", nil, func(r *sql.Rows) error {
		var f Folder
		err := r.Scan(&f.Path, &f.Images, &f.Watch)
		all = append(all, f)
		return err
	})
	return all, s.explain(err)
}
