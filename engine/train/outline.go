package train

import (
	"cmp"
	"fmt"
	"slices"
)

// Outline is a dataset before its bags are made: the slides of a table, named and
// with their classes as Load has them, to be divided as it would be. contents are
// the content ids of the rows' slides, "" where one is not known: rows of one
// content become one sample. The error, with which the dataset comes all the same,
// tells of rows that contradict each other on one slide.
func Outline(table string, rows []Row, contents []string) (*Dataset, error) {
	if len(rows) != len(contents) {
		panic(fmt.Sprintf("train: %d rows, contents of %d", len(rows), len(contents)))
	}
	d := &Dataset{Path: table}
	for i, row := range rows {
		s := sampleOf(row)
		s.ContentID = contents[i]
		s.Bag = row.Slide // tells slides of unknown content apart
		d.Samples = append(d.Samples, s)
	}
	d.sort()
	_ = d.classify(nil) // labels are among the classes that are made of them
	said := len(d.Warnings)
	err := d.merge()
	d.Warnings = d.Warnings[:said]
	for i := range d.Samples {
		d.Samples[i].Bag = ""
	}
	d.name()
	d.loading = len(d.Warnings)
	return d, err
}

// sampleOf is a row before its bag is known.
func sampleOf(row Row) Sample {
	return Sample{
		Slide: row.Slide, Label: row.Label, Patient: row.Patient, Split: row.Split, listed: row.Split, line: row.Line,
	}
}

// sort puts samples into the order in which rows of one slide are taken.
func (d *Dataset) sort() {
	slices.SortStableFunc(d.Samples, func(a, b Sample) int {
		return cmp.Or(cmp.Compare(stem(a.Slide), stem(b.Slide)), cmp.Compare(a.Slide, b.Slide))
	})
}

// Locate is where a slide lies that a table names: names that are not absolute
// begin at the table's folder.
func Locate(table, slide string) string { return locate(table, slide) }
