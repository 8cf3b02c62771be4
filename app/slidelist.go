package app

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds of a slide list: its lines, and its size.
const (
	maxListed    = 1_000_000
	maxListBytes = 256 << 20
)

func readSlideList(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	slides, err := parseSlideList(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for i, s := range slides {
		if !filepath.IsAbs(s) {
			slides[i] = filepath.Join(filepath.Dir(path), s)
		}
	}
	return slides, nil
}

// parseSlideList reads the column of slides of a CSV table. A byte order mark
// and either separator, comma or semicolon, are taken in, as spreadsheets write
// them.
func parseSlideList(r io.Reader) ([]string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxListBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxListBytes {
		return nil, fmt.Errorf("more than %d bytes are no list of slides", maxListBytes)
	}
	clean := strings.TrimPrefix(string(text), "\ufeff")
	head, _, _ := strings.Cut(clean, "\n")
	table := csv.NewReader(strings.NewReader(clean))
	if strings.Count(head, ";") > strings.Count(head, ",") {
		table.Comma = ';'
	}
	header, err := table.Read()
	if err != nil {
		return nil, fmt.Errorf("no header line: %w", err)
	}
	column := slices.IndexFunc(header, isSlideColumn)
	if column < 0 {
		return nil, fmt.Errorf("no column named slide or slide_id, only %s", strings.Join(header, ", "))
	}
	var slides []string
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return slides, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := table.FieldPos(column)
		name := strings.TrimSpace(row[column])
		if name == "" {
			return nil, fmt.Errorf("line %d names no slide", line)
		}
		if slides = append(slides, name); len(slides) > maxListed {
			return nil, fmt.Errorf("more than %d slides", maxListed)
		}
	}
}

func isSlideColumn(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	return name == "slide" || name == "slide_id"
}
