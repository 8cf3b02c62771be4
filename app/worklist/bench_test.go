package worklist

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"testing"
)

// many is how many slides the worklist of the benchmarks has.
const many = 10_000

// filled is a worklist of many cases, each with a result of 15 kB and a picture of
// 6 kB.
func filled(b *testing.B) (*Store, Setup) {
	b.Helper()
	s := fresh(b)
	dice := rand.New(rand.NewPCG(3, 4))
	var seen []Sighting
	for i := range many {
		seen = append(seen, sighting(fmt.Sprintf("/archive/2026/%02d/case %05d/slide %d.svs", i%12, i, i*7919%many), fmt.Sprintf("%064d", i)))
	}
	got(s.See(b.Context(), seen))(b)
	u := got(s.Use(b.Context(), threeClasses))(b)
	got(s.Enqueue(b.Context(), u.ID, "", false))(b)
	noise := make([]byte, 15_000)
	for i := range noise {
		noise[i] = byte(dice.Uint32())
	}
	spots := `[{"x":0.51,"y":0.25,"w":0.01,"h":0.01,"a":0.25},{"x":0.51,"y":0.25,"w":0.01,"h":0.01,"a":0.25},{"x":0.51,"y":0.25,"w":0.01,"h":0.01,"a":0.25},{"x":0.51,"y":0.25,"w":0.01,"h":0.01,"a":0.25}]`
	ok(b, s.change(b.Context(), Change{}, func(tx *sql.Tx) error { // as Finish would, one by one
		for i := range many {
			x, y := dice.Float64(), dice.Float64()
			p := []float64{x * y, x * (1 - y), 1 - x}
			o := outcome(u, p...)
			for _, step := range []struct {
				sql  string
				args []any
			}{
				{"UPDATE runs SET state = 'done', label = ?, probabilities = ?, margin = ?, entropy = ?, warnings = ?, spots = ? WHERE id = ?",
					[]any{o.Label, floats(p), Margin(p), Entropy(p), i % 3, spots, i + 1}},
				{"INSERT INTO probabilities VALUES (?1, 0, ?2), (?1, 1, ?3), (?1, 2, ?4)", []any{i + 1, p[0], p[1], p[2]}},
				{"INSERT INTO documents VALUES (?, '[]', ?)", []any{i + 1, noise}},
				{"INSERT INTO pictures VALUES (?, 192, 128, ?)", []any{i + 1, noise[:6000]}},
			} {
				if _, err := tx.ExecContext(b.Context(), step.sql, step.args...); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	return s, u
}

// BenchmarkTenThousand times what the worklist's table does, on 10 000 rows.
func BenchmarkTenThousand(b *testing.B) {
	s, u := filled(b)
	q := Query{Setup: u, Reader: "me"}
	with := func(change func(q *Query)) Query {
		c := q
		change(&c)
		return c
	}
	ids := got(s.Order(b.Context(), q))(b)
	order := func(q Query) func(context.Context) error {
		return func(ctx context.Context) error { _, err := s.Order(ctx, q); return err }
	}
	for _, c := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"order by name", order(q)},
		{"order by probability", order(with(func(q *Query) { q.Sort = Sort{By: ByProbability, Class: "high"} }))},
		{"order by uncertainty", order(with(func(q *Query) { q.Sort.By = ByUncertainty }))},
		{"filter text", order(with(func(q *Query) { q.Filter.Text = "lide 77" }))},
		{"filter class, order by entropy", order(with(func(q *Query) { q.Filter, q.Sort.By = Filter{Class: "high", AtLeast: 0.9}, ByEntropy }))},
		{"filter unread with warnings", order(with(func(q *Query) { q.Filter = Filter{Unread: true, Warnings: true} }))},
		{"count", func(ctx context.Context) error { _, err := s.Count(ctx, q); return err }},
		{"50 rows", func(ctx context.Context) error { _, err := s.Get(ctx, q, ids[5000:5050]...); return err }},
		{"50 pictures", func(ctx context.Context) error { _, err := s.Pictures(ctx, ids[5000:5050]...); return err }},
		{"page of 50 in the middle", func(ctx context.Context) error {
			_, err := s.List(ctx, with(func(q *Query) { q.Sort.By, q.Limit, q.Offset = ByEntropy, 50, 5000 }))
			return err
		}},
		{"all rows", func(ctx context.Context) error { _, err := s.List(ctx, q); return err }},
		{"agreement", func(ctx context.Context) error { _, err := s.Agreement(ctx, q); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				ok(b, c.do(b.Context()))
			}
		})
	}
	path := s.Path()
	ok(b, s.Close())
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			s := got(Open(b.Context(), path))(b)
			ok(b, s.Close())
		}
	})
	b.Run("pack a result", func(b *testing.B) {
		data := bytes.Repeat([]byte(`{"x":1024,"y":2048,"attention":0.00123}`), 2000)
		for b.Loop() {
			got(pack(data))(b)
		}
	})
}
