package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/grid"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
)

func (p *Program) extract() *cobra.Command {
	var o common
	var req app.ExtractRequest
	c := &cobra.Command{
		Use:   "extract CSV|SLIDE... --out DIR",
		Short: "Encode all tissue at every magnification into feature bags for training",
		Long: `Encode all tissue of slides into feature bags, DIR/<slide>.bag.safetensors. A CSV
file stands for the slides in its column slide or slide_id, relative to its own
folder: the CSV that train takes will do. Slides that are done are not done again,
and one that was interrupted is gone on with. Where two slides have one name, part
of the content's digest is added to that of the bag.`,
		Example: `  zoomscope extract slides/slides.csv --out bags
  zoomscope extract slide.svs --magnifications 5,10,20 --encoder my-encoder --out bags`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if req.Out == "" {
				return usagef("extract: say where to write with --out DIR")
			}
			if err := checkMagnification(req.Magnification); err != nil {
				return err
			}
			if err := checkExtract(req); err != nil {
				return err
			}
			slides, err := app.SlidesOf(args)
			if err != nil {
				return err
			}
			req.Slides, req.Engine = slides, o.engine()
			m := newExtractMeter(p.Stderr, o.quiet)
			req.Warn = p.warner(m, false)
			var device result.Device // none where nothing is to be done
			req.Device = p.deviceTeller(m, &device)
			outcomes, err := p.Workspace.Extract(cmd.Context(), req, m.update)
			m.clear()
			if err != nil && len(outcomes) == 0 {
				return err
			}
			if perr := p.printBags(outcomes, device, o.json); perr != nil {
				return perr
			}
			if err != nil {
				return err
			}
			failed := 0
			for _, o := range outcomes {
				if o.Err != nil {
					failed++
				}
			}
			return batchError(failed, len(slides))
		},
	}
	o.addOutput(c)
	o.addCompute(c, "changes nothing here: no part of a bag is drawn at random")
	o.addModel(c)
	c.Flags().StringVarP(&req.Out, "out", "o", "", "folder to write to; made when missing")
	numbersFlag(c.Flags(), &req.Magnifications, "magnifications", "`list` of magnifications to encode, such as 5,10,20 (default: those of the model); what slides were scanned at is --magnification")
	c.Flags().StringVar(&req.Tissue, "tissue", "", "tissue settings: bright, crc, camelyon16 or default (default: those of the model)")
	c.Flags().Float64Var(&req.Magnification, "magnification", 0, "magnification a slide was scanned at, where its file does not say or is wrong; of several slides that of those whose files do not say; what to encode is --magnifications")
	c.Flags().BoolVar(&req.Float32, "float32", false, "keep features in full precision, at twice the size")
	return c
}

// checkExtract refuses what no slide can be encoded by.
func checkExtract(req app.ExtractRequest) error {
	if _, err := grid.Ratios(req.Magnifications); err != nil && req.Magnifications != nil {
		return usagef("--magnifications: %w", err)
	}
	if _, ok := tissue.Preset(req.Tissue); !ok && req.Tissue != "" {
		return usagef("--tissue %s: there are bright, crc, camelyon16 and default", req.Tissue)
	}
	return nil
}

// bagInfo is one bag in JSON.
type bagInfo struct {
	Slide    string   `json:"slide"`
	Bag      string   `json:"bag"`
	Patches  []int    `json:"patches"` // per magnification
	Resumed  int      `json:"resumed"` // patches an interrupted run had left
	Reused   bool     `json:"reused"`  // it was complete already
	Warnings []string `json:"warnings"`
}

func (p *Program) printBags(outcomes []app.ExtractOutcome, device result.Device, asJSON bool) error {
	doc := struct {
		Bags   []bagInfo      `json:"bags"`
		Failed []failure      `json:"failed"`
		Device *result.Device `json:"device"` // null where all was there
	}{[]bagInfo{}, []failure{}, nil}
	if device.Used != "" {
		doc.Device = &device
	}
	for _, o := range outcomes {
		if o.Err != nil {
			fmt.Fprintln(p.Stderr, "zoomscope: "+explain(o.Err, o.Slide))
			doc.Failed = append(doc.Failed, failure{o.Slide, o.Err.Error()})
			continue
		}
		x := o.Extracted
		doc.Bags = append(doc.Bags, bagInfo{o.Slide, o.Bag, x.Patches, x.Resumed, x.Reused, append([]string{}, x.Warnings...)})
		if x.Reused { // else they were told before the patches were encoded
			p.warner(silent{}, false)(o.Slide, x.Warnings)
		}
		if !asJSON {
			fmt.Fprintf(p.Stdout, "%s: %v patches%s\n", shown(o.Bag), x.Patches, map[bool]string{true: ", there already", false: ""}[x.Reused])
		}
	}
	if asJSON {
		return printJSON(p.Stdout, doc)
	}
	if device.Used != "" {
		fmt.Fprintf(p.Stdout, "device %s (%s)\n", device.Used, device.Name)
	}
	return nil
}
