package train

import "io"

// ReadColumns reads columns of a CSV file by their names, in lower case, all of which
// must be there: of each line its fields, without the space around them. The other
// rules are those of ReadTable. The error names the file and the line.
func ReadColumns(path string, names ...string) ([][]string, error) {
	return readFile(path, func(r io.Reader) ([][]string, error) { return parseColumns(r, names) })
}

func parseColumns(r io.Reader, names []string) ([][]string, error) {
	t, err := openSheet(r)
	if err != nil {
		return nil, err
	}
	wanted := make([]column, len(names))
	for i, name := range names {
		wanted[i] = column{names: []string{name}, needed: true}
	}
	places, err := t.find(wanted...)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	err = t.each(func(_ int, cell func(int) string) error {
		row := make([]string, len(places))
		for i, at := range places {
			row[i] = cell(at)
		}
		rows = append(rows, row)
		return nil
	})
	return rows, err
}
