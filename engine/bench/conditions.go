package bench

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"zoomscope/engine/result"
)

// Conditions are how a study was made. They stand with its table.
type Conditions struct {
	Version string         `json:"version"`
	Command string         `json:"command"`
	Machine Machine        `json:"machine"`
	Device  *result.Device `json:"device,omitempty"`  // nil where no network ran
	Threads int            `json:"threads,omitempty"` // of the processor, where that is the device
	Seeds   []uint64       `json:"seeds,omitempty"`   // nil where they are not known
	Epochs  int            `json:"epochs,omitempty"`  // 0 where they are not known
}

// Head says where and how the study was made, a sentence a line.
func (c *Conditions) Head() []string {
	lines := origin(c.Version, c.Machine, c.Command)
	if d := c.Device; d != nil {
		lines = append(lines, fmt.Sprintf("device: %s, %s", d.Used, PlaceName(*d, c.Threads)))
		lines = append(lines, shortfall(*d)...)
	}
	if training := c.training(); training != "" {
		lines = append(lines, training)
	}
	return lines
}

// training is with which seeds, and how long, models were trained; "" where that is
// not known.
func (c *Conditions) training() string {
	var parts []string
	if len(c.Seeds) > 0 {
		parts = append(parts, seedsText(c.Seeds))
	}
	if c.Epochs > 0 {
		parts = append(parts, fmt.Sprintf("%d epochs", c.Epochs))
	}
	return strings.Join(parts, "; ")
}

// origin is the program, the machine and the command, a sentence a line.
func origin(version string, m Machine, command string) []string {
	return []string{fmt.Sprintf("zoomscope %s, %s", version, m), "command: " + command}
}

// shortfall is a line for a device that ran instead of the one asked for, none else.
func shortfall(d result.Device) []string {
	if short := d.Shortfall(); short != "" {
		return []string{"note: " + short}
	}
	return nil
}

func seedsText(seeds []uint64) string {
	return "seeds " + strings.ReplaceAll(strings.Trim(fmt.Sprint(seeds), "[]"), " ", ", ")
}

// printStudy writes what the head of a study says, the notice and its table.
func printStudy(w io.Writer, head []string, t Table) error {
	if _, err := fmt.Fprintf(w, "%s\n%s\n\n", strings.Join(head, "\n"), result.ResearchUse); err != nil {
		return err
	}
	return t.Print(w)
}

// writeRecords writes a head and rows as CSV.
func writeRecords(w io.Writer, head []string, rows [][]string) error {
	out := csv.NewWriter(w)
	out.Write(head)
	out.WriteAll(rows)
	return out.Error()
}

// exactly are the means and deviations of figures, with all digits.
func exactly(all ...Spread) []string {
	var cells []string
	for _, s := range all {
		cells = append(cells, exact(s.Mean), exact(s.SD))
	}
	return cells
}
