package cli

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/bag"
	"zoomscope/engine/tissue"
)

func (p *Program) bags() *cobra.Command {
	c := &cobra.Command{
		Use:   "bags",
		Short: "Import and inspect feature bags",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(p.bagsImport(), p.bagsInspect())
	return c
}

func (p *Program) bagsImport() *cobra.Command {
	var o common
	var req app.ImportBagsRequest
	var layout string
	c := &cobra.Command{
		Use:   "import FILE.h5... --encoder NAME --out DIR",
		Short: "Make bags of features that ZoomMIL, CLAM or TRIDENT put into HDF5 files",
		Long: `Make bags, DIR/<name>.bag.safetensors, of the features that other programs put
into HDF5 files:

  zoommil   <mag>x_patches and <mag>x_coords: all magnifications in one file
  clam      h5_files: features and coords; the file does not say its magnification,
            so state it with --magnification
  trident   features_<encoder>: features, and coords with attributes

Files of one name, one for each magnification, are of one slide: they are joined
where their patches nest, and patches that lack a parent or a child are left out
and counted. The files do not say for sure which encoder made them: name it. Models
trained on such bags run on slides only with that very encoder, imported under the
same name.`,
		Example: `  zoomscope bags import features/*.h5 --encoder resnet50 --magnification 20 --out bags
  zoomscope bags import 10x/slide.h5 20x/slide.h5 --encoder uni --out bags`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := checkImport(&req, layout, files); err != nil {
				return err
			}
			m := newMeter(p.Stderr, o.quiet)
			outcomes, err := p.Workspace.ImportBags(cmd.Context(), req, func(e app.Event) { m.update(subject(e), e.Progress) })
			m.clear()
			if err != nil && len(outcomes) == 0 {
				return err
			}
			failed, perr := p.printImported(outcomes, o.json)
			if perr != nil {
				return perr
			}
			if err != nil {
				return err
			}
			return batchError(failed, len(outcomes))
		},
	}
	o.addOutput(c)
	c.Flags().StringVarP(&req.Out, "out", "o", "", "folder to write to; made when missing")
	c.Flags().StringVar(&layout, "layout", string(bag.Auto), "auto, zoommil, clam or trident")
	c.Flags().StringVar(&req.Encoder, "encoder", "", "name of the encoder that made the features")
	numbersFlag(c.Flags(), &req.Magnifications, "magnification", "magnification of the patches, where the files do not say: one for all files, or a `list` with one for each")
	c.Flags().IntVar(&req.PatchSize, "patch-size", 256, "pixels along a patch, where the files do not say")
	c.Flags().StringVar(&req.Tissue, "tissue", "default", "tissue settings that models trained on the bags will use: bright, crc, camelyon16 or default")
	c.Flags().BoolVar(&req.Float32, "float32", false, "keep features in full precision, at twice the size")
	return c
}

// checkImport refuses what no file can be imported by.
func checkImport(req *app.ImportBagsRequest, layout string, files []string) error {
	if req.Out == "" {
		return usagef("bags import: say where to write with --out DIR")
	}
	if req.Encoder == "" {
		return usagef("bags import: name the encoder that made the features with --encoder NAME")
	}
	var err error
	if req.Layout, err = bag.ParseLayout(layout); err != nil {
		return usagef("--layout: %w", err)
	}
	if _, ok := tissue.Preset(req.Tissue); !ok {
		return usagef("--tissue %s: there are bright, crc, camelyon16 and default", req.Tissue)
	}
	if n := len(req.Magnifications); n > 1 && n != len(files) {
		return usagef("--magnification: %d values for %d files: give one for all, or one for each", n, len(files))
	}
	for _, m := range req.Magnifications {
		if !(m > 0 && m <= 200) {
			return usagef("--magnification %g: give that of the patches, such as 10 or 20", m)
		}
	}
	if req.PatchSize < 1 || req.PatchSize > 1<<13 {
		return usagef("--patch-size %d: give the pixels along a patch, such as 256", req.PatchSize)
	}
	req.Files = files
	return nil
}

// importedInfo is one imported bag in JSON.
type importedInfo struct {
	Files          []string  `json:"files"`
	Bag            string    `json:"bag"`
	Layout         string    `json:"layout"`
	Magnifications []float64 `json:"magnifications"`
	Patches        []int     `json:"patches"` // per magnification
	Dropped        []int     `json:"dropped"` // per magnification
	Reused         bool      `json:"reused"`  // it was there already
	Notes          []string  `json:"notes"`
}

func (p *Program) printImported(outcomes []app.ImportOutcome, asJSON bool) (failed int, err error) {
	doc := struct {
		Bags   []importedInfo `json:"bags"`
		Failed []failure      `json:"failed"`
	}{[]importedInfo{}, []failure{}}
	for _, o := range outcomes {
		if o.Err != nil {
			fmt.Fprintln(p.Stderr, "zoomscope: "+explain(o.Err, o.Files...))
			doc.Failed = append(doc.Failed, failure{o.Files[0], o.Err.Error()})
			continue
		}
		x := o.Imported
		info := importedInfo{o.Files, o.Bag, x.Manifest.Source.Layout, x.Manifest.Magnifications, x.Patches, x.Dropped, x.Reused, append([]string{}, x.Notes...)}
		doc.Bags = append(doc.Bags, info)
		if !asJSON {
			p.printImport(info, x.Manifest.Encoder.Dim)
		}
	}
	if asJSON {
		err = printJSON(p.Stdout, doc)
	}
	return len(doc.Failed), err
}

func (p *Program) printImport(x importedInfo, dim int) {
	there := map[bool]string{true: ", there already", false: ""}[x.Reused]
	fmt.Fprintf(p.Stdout, "%s: from %s%s\n", shown(x.Bag), x.Layout, there)
	p.printLevels(x.Magnifications, x.Patches, dim)
	for _, text := range x.Notes {
		fmt.Fprintf(p.Stdout, "  note: %s\n", text)
	}
}

func (p *Program) printLevels(magnifications []float64, patches []int, dim int) {
	for i, m := range magnifications {
		fmt.Fprintf(p.Stdout, "  %6gx  %8d patches of %d values\n", m, patches[i], dim)
	}
}

func (p *Program) bagsInspect() *cobra.Command {
	var o common
	c := &cobra.Command{
		Use:   "inspect BAG...",
		Short: "Show what bags hold: slide, encoder, magnifications, patches",
		Long: `Show what bags hold, and check their layout and that all of their features are
finite numbers: every bag is read as a whole.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			doc := struct {
				Bags   []*app.BagInfo `json:"bags"`
				Failed []bagFailure   `json:"failed"`
			}{[]*app.BagInfo{}, []bagFailure{}}
			for _, path := range paths {
				info, err := p.Workspace.InspectBag(cmd.Context(), path, p.sayLarge)
				if cmd.Context().Err() != nil {
					return context.Cause(cmd.Context())
				}
				if info != nil {
					doc.Bags = append(doc.Bags, info)
					if !o.json {
						p.printBag(info)
					}
				}
				if err != nil {
					fmt.Fprintln(p.Stderr, "zoomscope: "+explain(err, path))
					doc.Failed = append(doc.Failed, bagFailure{path, err.Error()})
				}
			}
			if o.json {
				if err := printJSON(p.Stdout, doc); err != nil {
					return err
				}
			}
			return batchError(len(doc.Failed), len(paths))
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	return c
}

// largeBag is the size in bytes from which it takes long to read a bag.
const largeBag = 1 << 30

// sayLarge says that a bag takes long.
func (p *Program) sayLarge(b *app.BagInfo) {
	if b.Bytes >= largeBag {
		fmt.Fprintf(p.Stderr, "%s: reading all features, %s\n", shown(b.Path), humanize.IBytes(uint64(b.Bytes)))
	}
}

// bagFailure is a bag that could not be read, or not be used, in JSON.
type bagFailure struct {
	Bag   string `json:"bag"`
	Error string `json:"error"`
}

// sourceLine is a file that a bag was imported from. Bags do not keep folders,
// which can name patients: files of one name are told apart by their magnification
// and content.
func sourceLine(m bag.Manifest, i int, f bag.SourceFile) string {
	text := f.Name
	if len(m.Source.Files) == len(m.Magnifications) { // one each, in their order
		text += fmt.Sprintf("  %gx", m.Magnifications[i])
	}
	if len(f.ContentID) > 0 {
		text += fmt.Sprintf("  content %.16s", f.ContentID)
	}
	return text
}

func (p *Program) printBag(b *app.BagInfo) {
	m := b.Manifest
	line := func(name, format string, a ...any) {
		fmt.Fprintf(p.Stdout, "  %-12s %s\n", name, fmt.Sprintf(format, a...))
	}
	fmt.Fprintf(p.Stdout, "%s: %s, %s\n", shown(b.Path), humanize.IBytes(uint64(b.Bytes)), b.Type)
	line("slide", "%s", shown(m.Slide.Path))
	if m.ContentID != "" {
		line("content", "%.16s", m.ContentID)
	}
	if m.Slide.MPP[0] > 0 {
		line("resolution", "%.4g x %.4g um per pixel (%s)", m.Slide.MPP[0], m.Slide.MPP[1], m.Slide.MPPSource)
	}
	line("encoder", "%s %.12s", m.Encoder.Name, m.Encoder.SHA256)
	line("patches", "%d x %d pixels", m.PatchSize, m.PatchSize)
	if m.AllPatches {
		line("tissue", "not enough in any patch: all patches of the slide")
	}
	if s := m.Source; s != nil {
		line("imported", "from %s", s.Layout)
		for i, f := range s.Files {
			line("", "%s", sourceLine(m, i, f))
		}
		if s.Lattice == nil {
			line("", "places on the slide are not known")
		}
	}
	p.printLevels(m.Magnifications, b.Patches, m.Encoder.Dim)
}
