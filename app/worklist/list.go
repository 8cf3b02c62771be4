package worklist

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"
)

// Query asks for cases as one setup sees them.
type Query struct {
	Setup  Setup  // as Use or Setups gave it
	Reader string // whose verdicts

	// Blinded hides what the model says of a case until the reader's verdict is in.
	// Sort and Filter must not depend on it then.
	Blinded bool

	Filter Filter
	Sort   Sort

	Limit, Offset int // of the list; Limit 0 is all
}

// Filter narrows a list. The zero value takes all cases; those that pass meet all
// conditions.
type Filter struct {
	Folder   string  // with a place in it or its subfolders
	Text     string  // in the name, whatever the case of letters
	States   []State // one of these; nil: any
	Label    string  // the predicted class
	Class    string  // with AtLeast: probability of this class
	AtLeast  float64
	MaxGap   float64 // margin at most; 0: any
	Warnings bool    // with warnings
	Verdict  Opinion // the reader's; "": any
	Unread   bool    // without a verdict of the reader
	Missing  bool    // whose files are not there
	Kind     string  // of the cause that they fail or wait for
}

func (f Filter) ofModel() bool { return f.Label != "" || f.Class != "" || f.MaxGap > 0 }

// Case is a slide as a list shows it.
type Case struct {
	ID       int64
	Content  string
	Name     string // of the file
	Path     string // where it lies, in the folder asked for if there
	Places   int    // how many there are
	Missing  bool   // it lies nowhere any more
	Added    time.Time
	Priority int
	Stated   float64 // magnification; 0: the file's own
	Picture  bool    // there is one

	Run         int64 // 0 for none
	State       State
	Reason      string // why it failed, or waits
	Kind        string // of the reason; "" for none
	Tries       int    // how often it was begun
	Postponed   int    // how often it was put off, in a row
	Interrupted int    // how often the program ended meanwhile
	Changed     time.Time
	Warnings    int
	Encoded     int // patches
	Exhaustive  int
	Seconds     float64
	Device      string

	// Opinion is what the model says; nil where there is none, or it is hidden.
	Opinion *ModelOpinion
	Hidden  bool // there is one that is hidden until the verdict is in

	Verdict *Verdict // the reader's; nil for none
	Note    string   // the reader's, while there is no verdict
}

// ModelOpinion is what a model says of a slide.
type ModelOpinion struct {
	Label         string
	Probabilities []float64 // of the setup's classes
	Margin        float64   // between the two highest
	Entropy       float64   // 0 to 1
	Spots         []Spot
}

// selection is the part of a statement that a query decides: from FROM on.
type selection struct {
	sql  string
	args []any
}

func (q Query) selection() (selection, error) {
	var b selection
	if q.Blinded && (q.Sort.By.ofModel() || q.Filter.ofModel()) {
		return b, ErrBlinded
	}
	b.add(` FROM cases c LEFT JOIN runs r ON r.setup_id = ? AND r.case_id = c.id AND r.stated = c.stated`, q.Setup.ID)
	b.add(` LEFT JOIN verdicts v ON v.case_id = c.id AND v.reader = ? AND v.current`, q.Reader)
	b.add(` LEFT JOIN notes n ON n.case_id = c.id AND n.reader = ?`, q.Reader)
	if q.Sort.By == ByProbability {
		class, err := q.Setup.Class(q.Sort.Class)
		if err != nil {
			return b, err
		}
		b.add(" LEFT JOIN probabilities pr ON pr.run_id = r.id AND pr.class = ?", class)
	}
	b.add(" WHERE NOT c.off")
	return b, q.where(&b)
}

func (b *selection) add(text string, args ...any) {
	b.sql += text
	b.args = append(b.args, args...)
}

// where adds the conditions of the filter.
func (q Query) where(b *selection) error {
	f := q.Filter
	f.whereFile(b)
	if f.Label != "" {
		b.add(" AND r.state = 'done' AND r.label = ?", f.Label)
	}
	if f.Class != "" {
		class, err := q.Setup.Class(f.Class)
		if err != nil {
			return err
		}
		b.add(" AND EXISTS (SELECT 1 FROM probabilities f WHERE f.run_id = r.id AND f.class = ? AND f.p >= ?)", class, f.AtLeast)
	}
	if f.MaxGap > 0 {
		b.add(" AND r.margin <= ?", f.MaxGap)
	}
	if f.Kind != "" {
		b.add(" AND r.kind = ?", f.Kind)
	}
	if f.Warnings {
		b.add(" AND r.warnings > 0")
	}
	if f.Verdict != "" {
		b.add(" AND "+opinionOf+" = ?", string(f.Verdict))
	}
	if f.Unread {
		b.add(" AND v.id IS NULL")
	}
	return nil
}

// whereFile adds the conditions that no model or reader has a part in.
func (f Filter) whereFile(b *selection) {
	if f.Folder != "" {
		where, args := under("path", f.Folder)
		b.add(" AND c.id IN (SELECT case_id FROM places WHERE "+where+")", args...)
	}
	if f.Text != "" {
		b.add(` AND c.name LIKE ? ESCAPE '\'`, "%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(f.Text)+"%")
	}
	if f.States != nil {
		marks := strings.TrimSuffix(strings.Repeat("?,", len(f.States)), ",")
		b.add(" AND coalesce(r.state, '') IN (" + marks + ")")
		for _, s := range f.States {
			b.args = append(b.args, string(s))
		}
	}
	if f.Missing {
		b.add(" AND NOT EXISTS (SELECT 1 FROM places m WHERE m.case_id = c.id AND NOT m.missing)")
	}
}

// List gives the cases of a query in its order.
func (s *Store) List(ctx context.Context, q Query) ([]Case, error) {
	b, err := q.selection()
	if err != nil {
		return nil, err
	}
	order, err := q.Sort.order()
	if err != nil {
		return nil, err
	}
	b.add(" ORDER BY " + order)
	if q.Limit > 0 {
		b.add(" LIMIT ? OFFSET ?", q.Limit, q.Offset)
	}
	return s.cases(ctx, q, b)
}

// Get gives some cases of a query, whatever its filter; one that is not there is
// left out.
func (s *Store) Get(ctx context.Context, q Query, ids ...int64) ([]Case, error) {
	q.Filter, q.Sort = Filter{Folder: q.Filter.Folder}, Sort{}
	folder := q.Filter.Folder
	q.Filter.Folder = ""
	b, err := q.selection()
	if err != nil {
		return nil, err
	}
	q.Filter.Folder = folder
	text, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	b.add(" AND c.id IN (SELECT value FROM json_each(?))", string(text))
	found, err := s.cases(ctx, q, b)
	if err != nil {
		return nil, err
	}
	at := make(map[int64]Case, len(found))
	for _, c := range found {
		at[c.ID] = c
	}
	var all []Case
	for _, id := range ids {
		if c, ok := at[id]; ok {
			all = append(all, c)
		}
	}
	return all, nil
}

// Order gives the IDs of a query's cases in its order, without its limit: a table of
// many rows needs no more than these, and Get for what is seen of it.
func (s *Store) Order(ctx context.Context, q Query) ([]int64, error) {
	b, err := q.selection()
	if err != nil {
		return nil, err
	}
	order, err := q.Sort.order()
	if err != nil {
		return nil, err
	}
	var ids []int64
	err = rows(ctx, s.read, "SELECT c.id"+b.sql+" ORDER BY "+order, b.args, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, s.explain(err)
}

// Counts says how many cases there are of each state, and how many the reader has
// judged.
type Counts struct {
	States map[State]int
	Total  int
	Read   int
}

// Count counts the cases of a query, whatever its limit.
func (s *Store) Count(ctx context.Context, q Query) (Counts, error) {
	n := Counts{States: map[State]int{}}
	b, err := q.selection()
	if err != nil {
		return n, err
	}
	err = rows(ctx, s.read, "SELECT coalesce(r.state, ''), count(*), count(v.id)"+b.sql+" GROUP BY 1", b.args, func(r *sql.Rows) error {
		var state State
		var count, read int
		err := r.Scan(&state, &count, &read)
		n.States[state] = count
		n.Total += count
		n.Read += read
		return err
	})
	return n, s.explain(err)
}

// columns are those of a Case. The place is one in the folder asked for, if there.
func columns(folder string) (string, []any) {
	where, args := under("p.path", folder)
	return `SELECT c.id, c.content, c.name, c.added, c.priority, c.stated,
		coalesce((SELECT p.path FROM places p WHERE p.case_id = c.id AND ` + where + ` ORDER BY p.missing, p.path LIMIT 1), ''),
		(SELECT count(*) FROM places p WHERE p.case_id = c.id),
		NOT EXISTS (SELECT 1 FROM places p WHERE p.case_id = c.id AND NOT p.missing),
		EXISTS (SELECT 1 FROM pictures p WHERE p.case_id = c.id),
		coalesce(r.id, 0), coalesce(r.state, ''), coalesce(r.reason, ''), coalesce(r.kind, ''), coalesce(r.tries, 0), coalesce(r.postponed, 0), coalesce(r.interrupted, 0),
		coalesce(r.changed, 0), coalesce(r.warnings, 0), coalesce(r.encoded, 0), coalesce(r.exhaustive, 0), coalesce(r.seconds, 0), coalesce(r.device, ''),
		coalesce(r.label, ''), r.probabilities, coalesce(r.margin, 0), coalesce(r.entropy, 0), coalesce(r.spots, ''),
		v.id, ` + opinionOf + `, coalesce(v.class, ''), coalesce(v.note, ''), coalesce(v.blinded, 0), coalesce(v.time, 0), coalesce(n.note, '')`, args
}

func (s *Store) cases(ctx context.Context, q Query, b selection) ([]Case, error) {
	what, args := columns(q.Filter.Folder)
	var all []Case
	err := rows(ctx, s.read, what+b.sql, append(args, b.args...), func(r *sql.Rows) error {
		c, err := scanCase(r, q)
		all = append(all, c)
		return err
	})
	return all, s.explain(err)
}

func scanCase(r *sql.Rows, q Query) (Case, error) {
	var c Case
	var o ModelOpinion
	var v Verdict
	var added, changed, judged int64
	var probabilities []byte
	var spots string
	var verdict sql.NullInt64
	if err := r.Scan(&c.ID, &c.Content, &c.Name, &added, &c.Priority, &c.Stated, &c.Path, &c.Places, &c.Missing, &c.Picture,
		&c.Run, &c.State, &c.Reason, &c.Kind, &c.Tries, &c.Postponed, &c.Interrupted, &changed, &c.Warnings, &c.Encoded, &c.Exhaustive, &c.Seconds, &c.Device,
		&o.Label, &probabilities, &o.Margin, &o.Entropy, &spots,
		&verdict, &v.Opinion, &v.Class, &v.Note, &v.Blinded, &judged, &c.Note); err != nil {
		return c, err
	}
	c.Added, c.Changed = timeOf(added), timeOf(changed)
	if verdict.Valid {
		v.Reader, v.Time = q.Reader, timeOf(judged)
		c.Verdict = &v
	}
	if c.State != Done {
		return c, nil
	}
	if q.Blinded && c.Verdict == nil {
		c.Hidden = true
		return c, nil
	}
	o.Probabilities = unfloats(probabilities)
	c.Opinion = &o
	if spots == "" || spots == "null" {
		return c, nil
	}
	return c, json.Unmarshal([]byte(spots), &o.Spots)
}
