package worklist

import (
	"bytes"
	"context"
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
	u := got(s.Use(b.Context(), threeClasses))(b)
	noise := make([]byte, 15_000)
	for i := range noise {
		noise[i] = byte(dice.Uint32())
	}
	spot := Spot{X: 0.51, Y: 0.25, Width: 0.01, Height: 0.01, Attention: 0.25}
	ok(b, s.Fill(b.Context(), u.ID, many, func(i int) Filling {
		x, y := dice.Float64(), dice.Float64()
		o := outcome(u, x*y, x*(1-y), 1-x)
		o.Spots, o.Warnings, o.Document = []Spot{spot, spot, spot, spot}, []string{"one", "two"}[:i%3], noise
		return Filling{
			Sighting: sighting(fmt.Sprintf("/archive/2026/%02d/case %05d/slide %d.svs", i%12, i, i*7919%many), fmt.Sprintf("%064d", i)),
			Outcome:  o, Picture: Picture{Width: 192, Height: 128, Data: noise[:6000]},
		}
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
