package worklist

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Opinion is how a reader's view stands to the model's.
type Opinion string

// The opinions there are. A verdict given before the model had its say has none
// ("") until it has.
const (
	Agree    Opinion = "agree"
	Disagree Opinion = "disagree"
	Unsure   Opinion = "unsure"
)

// Verdict is what a reader says of a case.
type Verdict struct {
	Reader string
	// Opinion follows from Class where that is given, unless it is Unsure: under
	// another model the same verdict can be another opinion.
	Opinion Opinion
	Class   string // in the reader's view; "" where it was not said
	Note    string
	Blinded bool // the model's opinion was hidden
	Time    time.Time
}

// ErrVerdict: a verdict makes no sense.
var ErrVerdict = errors.New("verdict makes no sense")

// opinionOf is the SQL of a verdict's opinion: v under run r.
const opinionOf = `CASE WHEN v.id IS NULL THEN '' WHEN v.opinion = 'unsure' THEN v.opinion
	WHEN v.class <> '' AND r.state = 'done' THEN CASE v.class WHEN r.label THEN 'agree' ELSE 'disagree' END
	WHEN v.setup_id = r.setup_id THEN v.opinion ELSE '' END`

// Judge keeps a reader's verdict on a case as the last one, and returns it as it is
// kept: the time is now, and what follows is filled in: the class of one who agrees,
// the other class of one who disagrees where there are two, the opinion of one who
// names a class. A verdict that contradicts itself, names no class of the setup's,
// or is blinded and names none while not unsure, is ErrVerdict. Earlier verdicts are
// kept; the note that the reader had before is not, as v has its own.
func (s *Store) Judge(ctx context.Context, setup Setup, id int64, v Verdict) (Verdict, error) {
	v.Time = s.now()
	err := s.change(ctx, Change{What: VerdictsChanged, Cases: []int64{id}}, func(tx *sql.Tx) error {
		var label string
		err := tx.QueryRowContext(ctx, `SELECT r.label FROM runs r JOIN cases c ON c.id = r.case_id AND c.stated = r.stated
			WHERE r.setup_id = ? AND r.case_id = ? AND r.state = 'done'`, setup.ID, id).Scan(&label)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := v.complete(setup.Classes, label); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE verdicts SET current = 0 WHERE case_id = ? AND reader = ? AND current", id, v.Reader); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO verdicts (case_id, setup_id, reader, opinion, class, note, blinded, time) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			id, setup.ID, v.Reader, string(v.Opinion), v.Class, v.Note, v.Blinded, stamp(v.Time))
		if err != nil {
			return err
		}
		return setNote(ctx, tx, id, v.Reader, "", v.Time)
	})
	return v, err
}

// complete fills in what follows of a verdict on what the model said, "" for
// nothing.
func (v *Verdict) complete(classes []string, label string) error {
	switch {
	case v.Class != "" && !slices.Contains(classes, v.Class):
		return fmt.Errorf("%w: there is no class %q", ErrVerdict, v.Class)
	case v.Opinion != "" && v.Opinion != Agree && v.Opinion != Disagree && v.Opinion != Unsure:
		return fmt.Errorf("%w: %q", ErrVerdict, v.Opinion)
	case v.Opinion == Unsure:
		return nil
	case v.Class == "" && v.Opinion == "":
		return fmt.Errorf("%w: it says nothing", ErrVerdict)
	case v.Class == "" && v.Blinded:
		return fmt.Errorf("%w: a blinded one names a class, or is unsure", ErrVerdict)
	case v.Class == "" && label == "":
		return fmt.Errorf("%w: there is nothing yet to %s with", ErrVerdict, v.Opinion)
	case label == "":
		v.Opinion = ""
		return nil
	}
	if v.Class == "" {
		v.Class = implied(classes, label, v.Opinion)
		return nil
	}
	follows := Disagree
	if v.Class == label {
		follows = Agree
	}
	if v.Opinion != "" && v.Opinion != follows {
		return fmt.Errorf("%w: the model says %q, the reader %q, which is not to %s", ErrVerdict, label, v.Class, v.Opinion)
	}
	v.Opinion = follows
	return nil
}

// implied is the class of one who agrees with a label, or disagrees and has but one
// choice.
func implied(classes []string, label string, o Opinion) string {
	if o == Agree {
		return label
	}
	if len(classes) == 2 {
		return classes[1-max(slices.Index(classes, label), 0)]
	}
	return ""
}

// Withdraw takes a reader's verdict on a case back. It is kept among the earlier
// ones; its note stays the reader's note on the case.
func (s *Store) Withdraw(ctx context.Context, reader string, id int64) error {
	return s.change(ctx, Change{What: VerdictsChanged, Cases: []int64{id}}, func(tx *sql.Tx) error {
		var note string
		err := tx.QueryRowContext(ctx, "UPDATE verdicts SET current = 0 WHERE case_id = ? AND reader = ? AND current RETURNING note", id, reader).Scan(&note)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return setNote(ctx, tx, id, reader, note, s.now())
	})
}

// SetNote makes it the reader's note on a case: that of the verdict where there is
// one, else one that is kept until there is a verdict, which brings its own. "" takes
// it back.
func (s *Store) SetNote(ctx context.Context, reader string, id int64, note string) error {
	return s.change(ctx, Change{What: VerdictsChanged, Cases: []int64{id}}, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "UPDATE verdicts SET note = ? WHERE case_id = ? AND reader = ? AND current", note, id, reader)
		if err != nil {
			return err
		}
		if changed, err := done.RowsAffected(); err != nil || changed > 0 {
			return err
		}
		return setNote(ctx, tx, id, reader, note, s.now())
	})
}

func setNote(ctx context.Context, tx *sql.Tx, id int64, reader, note string, now time.Time) error {
	if note == "" {
		_, err := tx.ExecContext(ctx, "DELETE FROM notes WHERE case_id = ? AND reader = ?", id, reader)
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO notes (case_id, reader, note, time) VALUES (?, ?, ?, ?)
		ON CONFLICT (case_id, reader) DO UPDATE SET note = excluded.note, time = excluded.time`, id, reader, note, stamp(now))
	return err
}

// Verdicts lists all verdicts that were ever given on a case, as they were given,
// the last one first.
func (s *Store) Verdicts(ctx context.Context, id int64) ([]Verdict, error) {
	var all []Verdict
	err := rows(ctx, s.read, "SELECT reader, opinion, class, note, blinded, time FROM verdicts WHERE case_id = ? ORDER BY id DESC", []any{id}, func(r *sql.Rows) error {
		var v Verdict
		var when int64
		err := r.Scan(&v.Reader, &v.Opinion, &v.Class, &v.Note, &v.Blinded, &when)
		v.Time = timeOf(when)
		all = append(all, v)
		return err
	})
	return all, s.explain(err)
}

// Readers lists those who gave verdicts, by name.
func (s *Store) Readers(ctx context.Context) ([]string, error) {
	var all []string
	err := rows(ctx, s.read, "SELECT DISTINCT reader FROM verdicts WHERE current ORDER BY reader", nil, func(r *sql.Rows) error {
		var name string
		err := r.Scan(&name)
		all = append(all, name)
		return err
	})
	return all, s.explain(err)
}
