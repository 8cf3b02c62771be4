package app

import (
	"math"
	"slices"

	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
)

// model is the one that training would begin with.
func (m *measuring) model() (*mil.Model, error) {
	c := m.req.Train.model()
	if c.Magnifications == nil {
		c.Magnifications = highestOf(c.Method, m.template.Magnifications)
	}
	for i := range max(2, m.req.Classes) {
		c.Classes = append(c.Classes, string(rune('a'+i%26))+string(rune('0'+i/26)))
	}
	c.PatchSize, c.Encoder, c.Tissue = m.encoder.Side, m.encoder.Card, m.template.Tissue
	config, err := m.req.Train.config(c)
	if err != nil {
		return nil, err
	}
	return mil.New(config.Model, config.Seed)
}

// repeated are features of a slide that is not there, few of them over and over.
type repeated struct {
	cells [][]grid.Cell
	dim   int
	rows  []float32
}

// source is a square of tissue of mean size at the magnifications of a model.
func (m *measuring) source(c mil.Config) repeated {
	s := repeated{dim: c.Encoder.Dim, rows: make([]float32, rawFeatureRows*c.Encoder.Dim)}
	n := max(1, int(m.lowest+0.5))
	side := int(math.Ceil(math.Sqrt(float64(n))))
	cells := make([]grid.Cell, n)
	for i := range cells {
		cells[i] = grid.Cell{Column: i % side, Row: i / side}
	}
	for i, ratio := range m.ratios {
		cells = divided(cells, ratio)
		if slices.Contains(c.Magnifications, m.template.Magnifications[i]) {
			s.cells = append(s.cells, cells)
		}
	}
	for i := range s.rows {
		s.rows[i] = float32(i*7919%1000)/1000 - 0.5
	}
	return s
}

// divided are the children of cells, row by row.
func divided(cells []grid.Cell, ratio int) []grid.Cell {
	children := make([]grid.Cell, 0, len(cells)*ratio*ratio)
	for _, c := range cells {
		for j := range ratio * ratio {
			children = append(children, grid.Cell{Column: c.Column*ratio + j%ratio, Row: c.Row*ratio + j/ratio})
		}
	}
	return children
}

// Len implements mil.Source.
func (s repeated) Len(level int) int { return len(s.cells[level]) }

// Cells are the places of patches, for methods that need to know them.
func (s repeated) Cells(level int) []grid.Cell { return s.cells[level] }

// Features implements mil.Source.
func (s repeated) Features(dst []float32, _ int, rows []int) error {
	for i, row := range rows {
		at := row % rawFeatureRows * s.dim
		copy(dst[i*s.dim:(i+1)*s.dim], s.rows[at:at+s.dim])
	}
	return nil
}
