package worklist

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// State is where a run stands.
type State string

// The states of a run. A case that was never queued for a setup has none.
const (
	Unqueued State = ""
	Queued   State = "queued"
	Running  State = "running"
	Done     State = "done"
	Failed   State = "failed"
)

// MaxDelay is the longest that a run can be put off for. What says more comes of a
// clock that was changed, and is passed over.
const MaxDelay = time.Hour

// ErrNotRunning: the run to be ended is not running.
var ErrNotRunning = errors.New("run is not running")

// Job is a run that waits to be done.
type Job struct {
	Run       int64
	Case      int64
	Content   string
	Stated    float64 // magnification; 0: the file's own
	Postponed int     // times it was put off, in a row
}

// Outcome is what an analysis came to.
type Outcome struct {
	Label               string
	Probabilities       []float64 // of the setup's classes
	Warnings            []string  // that concern the slide
	Encoded, Exhaustive int       // patches read, and those there are
	Seconds             float64
	Device              string
	Spots               []Spot
	Document            []byte // the whole result, as JSON
}

// Spot is a place that the model attends to: a rectangle in the slide's picture,
// all in fractions of its width and height.
type Spot struct {
	X         float64 `json:"x"`
	Y         float64 `json:"y"`
	Width     float64 `json:"w"`
	Height    float64 `json:"h"`
	Attention float64 `json:"a"`
}

// Margin is the difference between the two highest probabilities; of fewer than two
// it is 1.
func Margin(probabilities []float64) float64 {
	first, second := 0.0, 0.0
	for _, p := range probabilities {
		if p > first {
			first, second = p, first
		} else {
			second = max(second, p)
		}
	}
	if len(probabilities) < 2 {
		return 1
	}
	return first - second
}

// Entropy is that of the probabilities as a fraction of the most that it can be:
// 0 where one class is certain, 1 where all are equal.
func Entropy(probabilities []float64) float64 {
	sum := 0.0
	for _, p := range probabilities {
		if p > 0 {
			sum -= p * math.Log(p)
		}
	}
	if len(probabilities) < 2 {
		return 0
	}
	return sum / math.Log(float64(len(probabilities)))
}

// Enqueue queues, for a setup, the cases on the list with a file in a folder (""
// means anywhere) that have no run yet, and with failed those whose run failed. It
// returns how many were queued.
func (s *Store) Enqueue(ctx context.Context, setup int64, folder string, failed bool) (n int, err error) {
	where, args := under("p.path", folder)
	here := "NOT c.off AND EXISTS (SELECT 1 FROM places p WHERE p.case_id = c.id AND NOT p.missing AND " + where + ")"
	err = s.change(ctx, Change{What: RunsChanged}, func(tx *sql.Tx) error {
		n = 0
		now := stamp(s.now())
		err := s.exec(ctx, tx, &n, `INSERT INTO runs (case_id, setup_id, stated, state, changed)
			SELECT c.id, ?, c.stated, 'queued', ? FROM cases c WHERE `+here+`
			AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.setup_id = ? AND r.case_id = c.id AND r.stated = c.stated)
			ORDER BY c.name, c.content`, append(append([]any{setup, now}, args...), setup)...)
		if err != nil || !failed {
			return err
		}
		return s.exec(ctx, tx, &n, `UPDATE runs SET state = 'queued', reason = '', kind = '', postponed = 0, not_before = 0, changed = ? WHERE setup_id = ? AND state = 'failed'
			AND EXISTS (SELECT 1 FROM cases c WHERE c.id = runs.case_id AND c.stated = runs.stated AND `+here+`)`, append([]any{now, setup}, args...)...)
	})
	return n, err
}

// exec adds the rows that a statement changed to n.
func (s *Store) exec(ctx context.Context, tx *sql.Tx, n *int, query string, args ...any) error {
	r, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	changed, err := r.RowsAffected()
	*n += int(changed)
	return err
}

// waiting is the condition of the runs that are queued for a setup and a folder.
func waiting(setup int64, folder string) (from string, args []any) {
	from = " FROM runs r JOIN cases c ON c.id = r.case_id AND c.stated = r.stated AND NOT c.off WHERE r.setup_id = ? AND r.state = 'queued'"
	args = []any{setup}
	if folder != "" {
		where, more := under("p.path", folder)
		from += " AND EXISTS (SELECT 1 FROM places p WHERE p.case_id = c.id AND " + where + ")"
		args = append(args, more...)
	}
	return from, args
}

// Next lists at most n runs that may begin now, in the order in which they should:
// by priority, those that the program's end interrupted after the others, then
// those that were seen first, then by name. Nothing changes by it.
func (s *Store) Next(ctx context.Context, setup int64, folder string, n int) ([]Job, error) {
	from, args := waiting(setup, folder)
	now := s.now()
	var jobs []Job
	err := rows(ctx, s.read, "SELECT r.id, c.id, c.content, r.stated, r.postponed"+from+` AND (r.not_before <= ? OR r.not_before > ?)
		ORDER BY c.priority DESC, r.postponed + r.interrupted, c.added, c.name, c.content LIMIT ?`,
		append(args, stamp(now), stamp(now.Add(MaxDelay)), n), func(r *sql.Rows) error {
			var j Job
			err := r.Scan(&j.Run, &j.Case, &j.Content, &j.Stated, &j.Postponed)
			jobs = append(jobs, j)
			return err
		})
	return jobs, s.explain(err)
}

// Waiting counts the runs that are queued, and says how long it is until one of them
// may begin; 0 where one may now.
func (s *Store) Waiting(ctx context.Context, setup int64, folder string) (n int, wait time.Duration, err error) {
	from, args := waiting(setup, folder)
	var first sql.NullInt64
	if err := s.read.QueryRowContext(ctx, "SELECT count(*), min(r.not_before)"+from, args...).Scan(&n, &first); err != nil {
		return 0, 0, s.explain(err)
	}
	wait = timeOf(first.Int64).Sub(s.now())
	if first.Int64 == 0 || wait < 0 || wait > MaxDelay {
		wait = 0
	}
	return n, wait, nil
}

// Begin takes a queued run up. It gives false where the run is not queued any more.
func (s *Store) Begin(ctx context.Context, j Job) (bool, error) {
	err := s.change(ctx, Change{What: RunsChanged, Cases: []int64{j.Case}}, func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, "UPDATE runs SET state = 'running', reason = '', kind = '', tries = tries + 1, changed = ? WHERE id = ? AND state = 'queued'", stamp(s.now()), j.Run))
	})
	if errors.Is(err, errNotOne) {
		return false, nil
	}
	return err == nil, err
}

// Finish ends a running run and keeps what came of it, both or neither.
func (s *Store) Finish(ctx context.Context, j Job, o Outcome) error {
	spots, err := json.Marshal(o.Spots)
	if err != nil {
		return err
	}
	warnings, err := json.Marshal(o.Warnings)
	if err != nil {
		return err
	}
	packed, err := pack(o.Document)
	if err != nil {
		return err
	}
	return s.end(ctx, j, func(tx *sql.Tx) error {
		if err := one(tx.ExecContext(ctx, `UPDATE runs SET state = 'done', reason = '', kind = '', postponed = 0, changed = ?, label = ?, probabilities = ?, margin = ?, entropy = ?,
			warnings = ?, encoded = ?, exhaustive = ?, seconds = ?, device = ?, spots = ? WHERE id = ? AND state = 'running'`,
			stamp(s.now()), o.Label, floats(o.Probabilities), Margin(o.Probabilities), Entropy(o.Probabilities),
			len(o.Warnings), o.Encoded, o.Exhaustive, o.Seconds, o.Device, string(spots), j.Run)); err != nil {
			return err
		}
		for i, p := range o.Probabilities {
			if _, err := tx.ExecContext(ctx, "INSERT INTO probabilities (run_id, class, p) VALUES (?, ?, ?)", j.Run, i, p); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO documents (run_id, warnings, result) VALUES (?, ?, ?)", j.Run, string(warnings), packed)
		return err
	})
}

// Cause is why a run failed or waits: a text of whoever tells it, and its kind, by
// which such texts can be told apart; "" for none.
type Cause struct{ Kind, Text string }

// Fail ends a running run for good, until failed ones are queued again.
func (s *Store) Fail(ctx context.Context, j Job, why Cause) error {
	return s.end(ctx, j, func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, "UPDATE runs SET state = 'failed', reason = ?, kind = ?, changed = ? WHERE id = ? AND state = 'running'",
			why.Text, why.Kind, stamp(s.now()), j.Run))
	})
}

// Postpone puts a running run back into the queue, to begin again after some time
// of at most MaxDelay.
func (s *Store) Postpone(ctx context.Context, j Job, why Cause, after time.Duration) error {
	return s.end(ctx, j, func(tx *sql.Tx) error {
		now := s.now()
		return one(tx.ExecContext(ctx, "UPDATE runs SET state = 'queued', reason = ?, kind = ?, postponed = postponed + 1, not_before = ?, changed = ? WHERE id = ? AND state = 'running'",
			why.Text, why.Kind, stamp(now.Add(min(after, MaxDelay))), stamp(now), j.Run))
	})
}

// Wake lets what is queued of a case begin now.
func (s *Store) Wake(ctx context.Context, id int64) error {
	return s.change(ctx, Change{What: RunsChanged, Cases: []int64{id}}, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE runs SET not_before = 0 WHERE case_id = ? AND state = 'queued'", id)
		return err
	})
}

// Delay puts off all that is queued in a folder, for at most MaxDelay; 0 ends that,
// and a reason that is "" takes the one back that is told.
func (s *Store) Delay(ctx context.Context, setup int64, folder, reason string, after time.Duration) error {
	where, args := under("p.path", folder)
	until := int64(0)
	if after > 0 {
		until = stamp(s.now().Add(min(after, MaxDelay)))
	}
	return s.change(ctx, Change{What: RunsChanged}, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE runs SET reason = ?, kind = '', not_before = ? WHERE setup_id = ? AND state = 'queued'
			AND EXISTS (SELECT 1 FROM places p WHERE p.case_id = runs.case_id AND `+where+`)`, append([]any{reason, until, setup}, args...)...)
		return err
	})
}

// Release puts a running run back into the queue as if it had not begun.
func (s *Store) Release(ctx context.Context, j Job) error {
	return s.end(ctx, j, func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, "UPDATE runs SET state = 'queued', changed = ? WHERE id = ? AND state = 'running'", stamp(s.now()), j.Run))
	})
}

// end changes a running run; one that is not running is ErrNotRunning.
func (s *Store) end(ctx context.Context, j Job, f func(tx *sql.Tx) error) error {
	err := s.change(ctx, Change{What: RunsChanged, Cases: []int64{j.Case}}, f)
	if errors.Is(err, errNotOne) {
		return fmt.Errorf("%s: run %d: %w", s.path, j.Run, ErrNotRunning)
	}
	return err
}

// ErrBusy: somebody works through this worklist already.
var ErrBusy = errors.New("worklist is being worked through already")

// Take is called by who works through the worklist, and give when that ends: there is
// one at a time, another gets ErrBusy. Runs that an earlier one left running are
// queued again.
func (s *Store) Take(ctx context.Context) (give func(), err error) {
	if !s.taken.CompareAndSwap(false, true) {
		return nil, fmt.Errorf("%s: %w", s.path, ErrBusy)
	}
	if err := s.recover(ctx); err != nil {
		s.taken.Store(false)
		return nil, err
	}
	return func() { s.taken.Store(false) }, nil
}

// interrupted is why a run is queued again that was running.
const interrupted = "the program ended while it was analysed"

// recover queues again what was running when the program, or who worked through the
// worklist, ended. Nobody else has the file open.
func (s *Store) recover(ctx context.Context) error {
	return s.change(ctx, Change{What: RunsChanged}, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE runs SET state = 'queued', interrupted = interrupted + 1, changed = ?,
			kind = '', reason = ? WHERE state = 'running'`, stamp(s.now()), interrupted)
		if err == nil {
			_, err = tx.ExecContext(ctx, "UPDATE runs SET not_before = 0 WHERE not_before <> 0")
		}
		return err
	})
}

// Document is the whole result of a run that is done, as JSON; sql.ErrNoRows where
// there is none.
func (s *Store) Document(ctx context.Context, run int64) ([]byte, error) {
	var packed []byte
	if err := s.read.QueryRowContext(ctx, "SELECT result FROM documents WHERE run_id = ?", run).Scan(&packed); err != nil {
		return nil, s.explain(err)
	}
	data, err := unpack(packed)
	return data, s.explain(err)
}

// Warnings are those of a run that is done.
func (s *Store) Warnings(ctx context.Context, run int64) ([]string, error) {
	var text string
	if err := s.read.QueryRowContext(ctx, "SELECT warnings FROM documents WHERE run_id = ?", run).Scan(&text); err != nil {
		return nil, s.explain(err)
	}
	var all []string
	err := json.Unmarshal([]byte(text), &all)
	return all, s.explain(err)
}

// Step is a state that a run came into.
type Step struct {
	Time   time.Time
	State  State
	Reason string
}

// History lists the states of a run, the first one first.
func (s *Store) History(ctx context.Context, run int64) ([]Step, error) {
	var all []Step
	err := rows(ctx, s.read, "SELECT time, state, reason FROM history WHERE run_id = ? ORDER BY id", []any{run}, func(r *sql.Rows) error {
		var x Step
		var when int64
		err := r.Scan(&when, &x.State, &x.Reason)
		x.Time = timeOf(when)
		all = append(all, x)
		return err
	})
	return all, s.explain(err)
}

// Picture is a small picture of a slide, as JPEG or PNG.
type Picture struct {
	Width, Height int
	Data          []byte
}

// SetPicture keeps the picture of a case.
func (s *Store) SetPicture(ctx context.Context, id int64, p Picture) error {
	return s.change(ctx, Change{What: PicturesChanged, Cases: []int64{id}}, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO pictures (case_id, width, height, data) VALUES (?, ?, ?, ?)", id, p.Width, p.Height, p.Data)
		return err
	})
}

// HasPicture reports whether a case has a picture.
func (s *Store) HasPicture(ctx context.Context, id int64) (has bool, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pictures WHERE case_id = ?)", id).Scan(&has)
	return has, s.explain(err)
}

// Pictures gives the pictures of those cases that have one.
func (s *Store) Pictures(ctx context.Context, ids ...int64) (map[int64]Picture, error) {
	all := map[int64]Picture{}
	for _, id := range ids {
		var p Picture
		err := s.read.QueryRowContext(ctx, "SELECT width, height, data FROM pictures WHERE case_id = ?", id).Scan(&p.Width, &p.Height, &p.Data)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, s.explain(err)
		}
		all[id] = p
	}
	return all, nil
}

func pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(data)
	err = errors.Join(err, z.Close()) // which writes too
	return b.Bytes(), err
}

// maxDocument bounds what a damaged document can take: more than any slide's.
const maxDocument = 1 << 30

func unpack(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(z, maxDocument))
	if err == nil && len(data) == maxDocument {
		err = errors.New("result is larger than any")
	}
	return data, err
}

// floats and unfloats keep numbers to the last bit.

func floats(xs []float64) []byte {
	b := make([]byte, 0, 8*len(xs))
	for _, x := range xs {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return b
}

func unfloats(b []byte) []float64 {
	xs := make([]float64, 0, len(b)/8)
	for ; len(b) >= 8; b = b[8:] {
		xs = append(xs, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return xs
}
