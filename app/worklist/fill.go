package worklist

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
)

// Filling is a case that Fill puts on a worklist: where it lies, what a model says of
// it, and its picture.
type Filling struct {
	Sighting
	Outcome
	Picture Picture
}

// Fill puts n cases that are done under a setup, as Use gave it, on a worklist that
// has none, in one transaction: for measurements of worklists of many cases, which
// See and Finish would take long to make. Contents and paths must differ.
func (s *Store) Fill(ctx context.Context, setup int64, n int, filling func(i int) Filling) error {
	return s.change(ctx, Change{What: CasesChanged}, func(tx *sql.Tx) error {
		var some bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM cases)").Scan(&some); err != nil {
			return err
		}
		if some {
			return errors.New("there are cases on it: made-up ones are for an empty worklist")
		}
		for i := range n {
			if err := s.fillOne(ctx, tx, setup, filling(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) fillOne(ctx context.Context, tx *sql.Tx, setup int64, f Filling) error {
	spots, err := json.Marshal(f.Spots)
	if err != nil {
		return err
	}
	warnings, err := json.Marshal(f.Warnings)
	if err != nil {
		return err
	}
	packed, err := pack(f.Document)
	if err != nil {
		return err
	}
	now := stamp(s.now())
	var id, run int64
	if err := tx.QueryRowContext(ctx, "INSERT INTO cases (content, name, added) VALUES (?, ?, ?) RETURNING id", f.Content, filepath.Base(f.Path), now).Scan(&id); err != nil {
		return err
	}
	if err := tx.QueryRowContext(ctx, `INSERT INTO runs (case_id, setup_id, stated, state, tries, changed, label, probabilities, margin, entropy, warnings, encoded, exhaustive, seconds, device, spots)
		VALUES (?, ?, 0, 'done', 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, id, setup, now, f.Label, floats(f.Probabilities), Margin(f.Probabilities), Entropy(f.Probabilities),
		len(f.Warnings), f.Encoded, f.Exhaustive, f.Seconds, f.Device, string(spots)).Scan(&run); err != nil {
		return err
	}
	for class, p := range f.Probabilities {
		if _, err := tx.ExecContext(ctx, "INSERT INTO probabilities (run_id, class, p) VALUES (?, ?, ?)", run, class, p); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO places (path, case_id, size, modified) VALUES (?, ?, ?, ?)", f.Path, id, f.Size, f.Modified.UnixNano()); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO documents (run_id, warnings, result) VALUES (?, ?, ?)", run, string(warnings), packed); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO pictures (case_id, width, height, data) VALUES (?, ?, ?, ?)", id, f.Picture.Width, f.Picture.Height, f.Picture.Data)
	return err
}
