package worklist

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Setup is what slides are analysed with. Its ID is that in this worklist, 0
// before it is kept.
type Setup struct {
	ID             int64     `json:"-"`
	Model          string    `json:"model"`
	ModelSHA256    string    `json:"model_sha256"`
	Encoder        string    `json:"encoder"`
	EncoderSHA256  string    `json:"encoder_sha256"`
	K              []int     `json:"k"`
	Magnifications []float64 `json:"magnifications"`
	Classes        []string  `json:"classes"`
	Trained        bool      `json:"trained"`
	Note           string    `json:"note,omitempty"` // what is to know of the model, a sentence; "" for nothing
	Used           time.Time `json:"-"`              // last
}

// key tells setups apart by what decides results; names do not.
func (s Setup) key() string {
	data, err := json.Marshal([]any{s.ModelSHA256, s.EncoderSHA256, s.K, s.Magnifications, s.Classes})
	if err != nil {
		panic(err) // numbers and strings
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Class is the index of a class by its name; no such class is an error that lists
// those there are.
func (s Setup) Class(name string) (int, error) {
	if i := slices.Index(s.Classes, name); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("the model %s has no class %q; it has %q", s.Model, name, s.Classes)
}

// Use keeps a setup, or finds it, and notes that it is used now.
func (s *Store) Use(ctx context.Context, u Setup) (Setup, error) {
	text, err := json.Marshal(u)
	if err != nil {
		return u, err
	}
	u.Used = s.now()
	err = s.change(ctx, Change{What: RunsChanged}, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `INSERT INTO setups (key, description, used) VALUES (?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET description = excluded.description, used = excluded.used RETURNING id`,
			u.key(), string(text), stamp(u.Used)).Scan(&u.ID)
	})
	return u, err
}

// Setups lists the setups that were ever used, the last one used first.
func (s *Store) Setups(ctx context.Context) ([]Setup, error) {
	var all []Setup
	err := rows(ctx, s.read, "SELECT id, description, used FROM setups ORDER BY used DESC, id DESC", nil, func(r *sql.Rows) error {
		var u Setup
		var text string
		var used int64
		if err := r.Scan(&u.ID, &text, &used); err != nil {
			return err
		}
		u.Used = timeOf(used)
		all = append(all, u)
		return json.Unmarshal([]byte(text), &all[len(all)-1])
	})
	return all, s.explain(err)
}
