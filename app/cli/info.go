package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"zoomscope/engine/result"
	"zoomscope/slideio"
)

// slideInfo is the JSON form of what is known of a slide.
type slideInfo struct {
	Path           string            `json:"path"`
	Driver         string            `json:"driver"`
	Vendor         string            `json:"vendor"`
	Width          int               `json:"width"`
	Height         int               `json:"height"`
	Levels         []levelInfo       `json:"levels"`
	MPP            *[2]float64       `json:"mpp"` // null when unknown
	MPPSource      string            `json:"mpp_source"`
	Magnification  float64           `json:"magnification"` // 0 when unknown
	ObjectivePower float64           `json:"objective_power"`
	Doubts         []string          `json:"doubts"`
	Bounds         result.Rect       `json:"bounds"`
	Associated     []string          `json:"associated"`
	Properties     map[string]string `json:"properties,omitempty"`
}

type levelInfo struct {
	Width      int     `json:"width"`
	Height     int     `json:"height"`
	Downsample float64 `json:"downsample"`
}

func (p *Program) info() *cobra.Command {
	var o common
	var properties bool
	c := &cobra.Command{
		Use:   "info SLIDE...",
		Short: "What a slide file is: vendor, size, levels, resolution and where it came from",
		Example: `  zoomscope info slide.svs
  zoomscope info slides/*.svs --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			infos, failed := []slideInfo{}, 0
			for _, path := range args {
				in, err := p.slideInfo(cmd, path, properties)
				if stopped(cmd.Context(), err) {
					return err
				}
				if err != nil {
					failed++
					fmt.Fprintln(p.Stderr, "zoomscope: "+explain(err, path))
					continue
				}
				infos = append(infos, in)
			}
			if err := p.printInfos(infos, len(args), o.json); err != nil {
				return err
			}
			return batchError(failed, len(args))
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	c.Flags().BoolVar(&properties, "properties", false, "also print every property of the file (they can name the patient)")
	return c
}

func (p *Program) slideInfo(cmd *cobra.Command, path string, properties bool) (slideInfo, error) {
	slide, err := p.Workspace.Open(cmd.Context(), path)
	if err != nil {
		return slideInfo{}, err
	}
	defer slide.Close()
	return describe(slide.Info(), properties), nil
}

func describe(in *slideio.Info, properties bool) slideInfo {
	out := slideInfo{
		Path: in.Path, Driver: in.Driver, Vendor: in.Vendor, Width: in.Width(), Height: in.Height(),
		MPPSource: in.Resolution.Source, Magnification: in.Resolution.Magnification(),
		ObjectivePower: in.Resolution.ObjectivePower,
		Doubts:         append([]string{}, in.Resolution.Doubts...), Associated: append([]string{}, in.Associated...),
		Bounds: result.Rect{X: float64(in.Bounds.Min.X), Y: float64(in.Bounds.Min.Y), Width: float64(in.Bounds.Dx()), Height: float64(in.Bounds.Dy())},
	}
	if in.Resolution.Known() {
		out.MPP = &[2]float64{in.Resolution.X, in.Resolution.Y}
	}
	for _, l := range in.Levels {
		out.Levels = append(out.Levels, levelInfo{l.Width, l.Height, l.Downsample})
	}
	if properties {
		out.Properties = in.Properties
	}
	return out
}

// printInfos prints one object for one slide, an array for several.
func (p *Program) printInfos(infos []slideInfo, asked int, asJSON bool) error {
	if asJSON {
		if asked == 1 && len(infos) == 1 {
			return printJSON(p.Stdout, infos[0])
		}
		return printJSON(p.Stdout, infos)
	}
	for i, in := range infos {
		if i > 0 {
			fmt.Fprintln(p.Stdout)
		}
		in.print(p.Stdout)
	}
	return nil
}

func (in slideInfo) print(w io.Writer) {
	fmt.Fprintf(w, "%s\n", shown(in.Path))
	fmt.Fprintf(w, "  format       %s (read by %s)\n", in.Vendor, in.Driver)
	fmt.Fprintf(w, "  size         %d x %d pixels\n", in.Width, in.Height)
	for i, l := range in.Levels {
		fmt.Fprintf(w, "  level %-2d     %d x %d, 1/%.4g\n", i, l.Width, l.Height, l.Downsample)
	}
	if in.MPP != nil {
		fmt.Fprintf(w, "  resolution   %.4g x %.4g um per pixel, %.3gx, by %s\n", in.MPP[0], in.MPP[1], in.Magnification, in.MPPSource)
	} else {
		fmt.Fprintf(w, "  resolution   unknown: state it with --magnification when you analyse the slide\n")
	}
	if in.ObjectivePower > 0 {
		fmt.Fprintf(w, "  objective    %gx\n", in.ObjectivePower)
	}
	for _, d := range in.Doubts {
		fmt.Fprintf(w, "  in doubt     %s\n", d)
	}
	if b := in.Bounds; b.X != 0 || b.Y != 0 || b.Width != float64(in.Width) || b.Height != float64(in.Height) {
		fmt.Fprintf(w, "  scanned      %.0f x %.0f from (%.0f, %.0f)\n", b.Width, b.Height, b.X, b.Y)
	}
	if len(in.Associated) > 0 {
		fmt.Fprintf(w, "  also holds   %s (not decoded)\n", strings.Join(in.Associated, ", "))
	}
	for _, k := range slices.Sorted(maps.Keys(in.Properties)) {
		fmt.Fprintf(w, "  %s = %s\n", k, in.Properties[k])
	}
}
