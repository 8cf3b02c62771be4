package train

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a table: bytes, lines, and bytes of a cell that is used.
const (
	maxTable = 256 << 20
	maxRows  = 1_000_000
	maxCell  = 4096
	maxLabel = 500
)

// Row is one line of a dataset.
type Row struct {
	Line    int // in the file, from 1
	Slide   string
	Label   string
	Patient string // "" where the table does not say
	Split   Split  // Unassigned where it has no such column
}

// ReadTable reads a dataset: a CSV file with the columns slide and label, and
// optionally patient and split; slide_id and case_id are accepted for slide and
// patient. Fields are separated by comma, semicolon or tab; a byte order mark
// does not disturb. Columns of other names are passed over. The error names the
// file and the line.
func ReadTable(path string) ([]Row, error) {
	return readFile(path, ParseTable)
}

// ReadSlides reads the column of slides of a CSV file, whatever else it holds.
// Names that are not absolute are taken as relative to the file's folder.
func ReadSlides(path string) ([]string, error) {
	names, err := readFile(path, parseSlides)
	for i, name := range names {
		names[i] = locate(path, name)
	}
	return names, err
}

// locate is where a slide that a table names lies.
func locate(table, slide string) string {
	slide = filepath.FromSlash(slide)
	if filepath.IsAbs(slide) {
		return filepath.Clean(slide)
	}
	return filepath.Join(filepath.Dir(table), slide)
}

func readFile[T any](path string, parse func(io.Reader) (T, error)) (T, error) {
	var none T
	f, err := os.Open(path)
	if err != nil {
		return none, err
	}
	defer f.Close()
	v, err := parse(f)
	if err != nil {
		return none, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}

// ParseTable is ReadTable of an open file. A table without a line below its
// header is an error.
func ParseTable(r io.Reader) ([]Row, error) {
	t, err := openSheet(r)
	if err != nil {
		return nil, err
	}
	columns, err := t.find(
		column{names: []string{"slide", "slide_id"}, needed: true},
		column{names: []string{"label"}, needed: true},
		column{names: []string{"patient", "case_id"}},
		column{names: []string{"split"}})
	if err != nil {
		return nil, err
	}
	var rows []Row
	err = t.each(func(line int, cell func(int) string) error {
		row := Row{Line: line, Slide: cell(columns[0]), Label: cell(columns[1]), Patient: cell(columns[2])}
		if columns[3] >= 0 {
			if row.Split, err = ParseSplit(cell(columns[3])); err != nil {
				return err
			}
		}
		rows = append(rows, row)
		return row.check()
	})
	if err == nil && len(rows) == 0 {
		err = errors.New("lists no slides: expected a line for each below the header")
	}
	return rows, err
}

func parseSlides(r io.Reader) ([]string, error) {
	t, err := openSheet(r)
	if err != nil {
		return nil, err
	}
	columns, err := t.find(column{names: []string{"slide", "slide_id"}, needed: true})
	if err != nil {
		return nil, err
	}
	var names []string
	err = t.each(func(_ int, cell func(int) string) error {
		names = append(names, cell(columns[0]))
		return checkCell("slide", cell(columns[0]), maxCell)
	})
	return names, err
}

func (r Row) check() error {
	if err := checkCell("slide", r.Slide, maxCell); err != nil {
		return err
	}
	if err := checkCell("label", r.Label, maxLabel); err != nil {
		return err
	}
	if r.Patient == "" {
		return nil
	}
	return checkCell("patient", r.Patient, maxCell)
}

// checkCell makes sure that a value is there and can be written to other files.
func checkCell(name, value string, limit int) error {
	switch {
	case value == "":
		return fmt.Errorf("no %s: fill it in, or remove the line", name)
	case len(value) > limit:
		return fmt.Errorf("%s of %d bytes, the limit is %d", name, len(value), limit)
	case !utf8.ValidString(value):
		return fmt.Errorf("%s %q is not UTF-8: save the table as \"CSV UTF-8\"", name, value)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' }):
		return fmt.Errorf("%s %q holds a control character: write it on one line", name, value)
	}
	return nil
}

// sheet is a CSV file behind its header.
type sheet struct {
	reader *csv.Reader
	header []string // lower case
}

// column is one that is looked for, under any of its names.
type column struct {
	names  []string
	needed bool
}

func openSheet(r io.Reader) (*sheet, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxTable+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxTable {
		return nil, fmt.Errorf("more than %d MiB are no table of slides", maxTable>>20)
	}
	clean := string(text)
	if strings.HasPrefix(clean, "\xff\xfe") || strings.HasPrefix(clean, "\xfe\xff") {
		return nil, errors.New("is UTF-16: save the table as \"CSV UTF-8\"")
	}
	clean = strings.TrimPrefix(clean, "\ufeff")
	s := &sheet{reader: csv.NewReader(strings.NewReader(clean))}
	s.reader.Comma = separator(clean)
	s.reader.FieldsPerRecord = -1
	s.reader.ReuseRecord = true
	header, err := s.reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("is empty: expected a header line such as slide,label")
	}
	if err != nil {
		return nil, explainCSV(err)
	}
	for _, name := range header {
		s.header = append(s.header, strings.ToLower(strings.TrimSpace(name)))
	}
	return s, nil
}

// separator is the one that the header line has most of.
func separator(text string) rune {
	head, _, _ := strings.Cut(text, "\n")
	best := ','
	for _, c := range ";\t" {
		if strings.Count(head, string(c)) > strings.Count(head, string(best)) {
			best = c
		}
	}
	return best
}

// find gives the places of columns, -1 for one that is not there.
func (s *sheet) find(columns ...column) ([]int, error) {
	places := make([]int, len(columns))
	for i, c := range columns {
		places[i] = -1
		for j, name := range s.header {
			if !slices.Contains(c.names, name) {
				continue
			}
			if places[i] >= 0 {
				return nil, fmt.Errorf("line 1: columns %q and %q say the same: remove one", s.header[places[i]], name)
			}
			places[i] = j
		}
		if places[i] < 0 && c.needed {
			return nil, fmt.Errorf("line 1: no column named %s, only %.200s", strings.Join(c.names, " or "), strings.Join(s.header, ", "))
		}
	}
	return places, nil
}

// each calls take for every line that is not blank. cell gives a field without
// the space around it, "" for column -1.
func (s *sheet) each(take func(line int, cell func(int) string) error) error {
	for n := 0; ; n++ {
		row, err := s.reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return explainCSV(err)
		}
		line, _ := s.reader.FieldPos(0)
		if blank(row) {
			continue
		}
		if n >= maxRows {
			return fmt.Errorf("line %d: more than %d lines", line, maxRows)
		}
		if len(row) != len(s.header) {
			return fmt.Errorf("line %d: %d fields where the header has %d: put a name that holds the separator in quotes", line, len(row), len(s.header))
		}
		cell := func(i int) string {
			if i < 0 {
				return ""
			}
			return strings.TrimSpace(row[i])
		}
		if err := take(line, cell); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// blank says whether a line holds nothing, as spreadsheets leave them at the end.
func blank(row []string) bool {
	return !slices.ContainsFunc(row, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// explainCSV puts the reader's complaint in the words of the other errors.
func explainCSV(err error) error {
	if e := (*csv.ParseError)(nil); errors.As(err, &e) {
		return fmt.Errorf("line %d: %w: check the quotes of this line", e.Line, e.Err)
	}
	return err
}
