package cli

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"zoomscope/app"
	"zoomscope/engine/bench"
	"zoomscope/engine/result"
)

func (p *Program) benchTable() *cobra.Command {
	var o common
	var req app.TableRequest
	c := &cobra.Command{
		Use:   "table [CSV --bags DIR --out DIR]",
		Short: "All methods of the paper compared (its Tables 1 to 3)",
		Long:  tableLong,
		Example: `  zoomscope bench table --config crc
  zoomscope bench table slides/slides.csv --bags bags --out table --config crc --k 12 --eff-k 8
  zoomscope bench table --config bright --encoder resnet50.onnx --device cuda --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				req.Table = args[0]
			}
			if err := errors.Join(checkTable(&req), checkCosts(cmd, &req), checkStudyOutput(req.Out, "table", req.Table)); err != nil {
				return err
			}
			req.Device, req.Threads, req.Command = o.device, o.threads, commandLine(cmd, args)
			m := newMeter(p.Stderr, o.quiet)
			table, err := p.Workspace.BenchTable(cmd.Context(), req, func(pr result.Progress) { m.update("table", pr) })
			m.clear()
			if table == nil {
				return err
			}
			if o.json {
				return errors.Join(table.WriteJSON(p.Stdout), err)
			}
			return errors.Join(table.Print(p.Stdout), err)
		},
	}
	o.addOutput(c)
	o.addCompute(c, "") // --seeds says with which
	addTable(c, &req)
	return c
}

const tableLong = `Compare all methods of the paper at one of its configurations: MaxMIL, MeanMIL,
SparseConvMIL, ABMIL, CLAM-SB, TransMIL, MSMIL, DSMIL, ZoomMIL and ZoomMIL-Eff. Methods
of one magnification are at the highest of the configuration, those of several at all.

Without a dataset the table has what each method costs for a slide as large as the
paper's: multiply-adds, counted in the graphs of the encoder and of the method, and
seconds. The seconds are those of encoding as many patches as the method reads, at the
rate that the encoder alone is measured to have here, and of the method's network,
measured on random features of that number. Networks have the published sizes.

With a CSV of slides and labels, and their feature bags, each method is trained with
each seed on the training split, with its published widths, rate, decay and dropout
unless flags say otherwise, all with Adam and the schedule of ZoomMIL, and tested on the
test split: weighted F1, accuracy and AUC, mean and deviation over the seeds, and how
many patches of a test slide it reads. The costs stay those of the paper's slides. Runs
that are in --out are gone on with, and not run again once they have ended. The folder
then holds the table as table.txt, table.csv, table.json and table.png, and a confusion
matrix of each method.`

// addTable are the flags of the comparison of all methods.
func addTable(c *cobra.Command, r *app.TableRequest) {
	f := c.Flags()
	f.StringVar(&r.Study, "config", "crc", "configuration of the paper: "+strings.Join(studyNames(), ", "))
	numbersFlag(f, &r.Magnifications, "magnifications", "`list` of magnifications in place of the configuration's, of the same ratios")
	numbersFlag(f, &r.Besides, "at", "`magnification` for the single-scale methods besides the highest; may be given several times")
	f.BoolVar(&r.FullGradient, "full-gradient", false, "ZoomMIL with the whole gradient of its Top-K besides")
	f.StringVar(&r.Bags, "bags", "", "folder of the slides' feature bags")
	f.StringVarP(&r.Out, "out", "o", "", "folder that keeps the runs and the table")
	f.IntVar(&r.Seeds, "seeds", 3, "how often each method is trained, with the seeds 1, 2 and so on")
	f.IntVar(&r.Epochs, "epochs", 100, "epochs of each run")
	f.Float64Var(&r.Rate, "lr", 0, "learning rate (default: that published for each method)")
	f.Float64Var(&r.LeastRate, "least-lr", 0, "learning rate of the methods that were published with a lower one")
	f.IntVar(&r.Patience, "patience", 5, "epochs without a lower validation loss before the rate falls")
	f.Float64Var(&r.Sigma, "sigma", 0.002, sigmaUsage)
	f.IntSliceVar(&r.K, "k", nil, kUsage+" (default: the paper's)")
	f.IntSliceVar(&r.EffK, "eff-k", nil, "the same for ZoomMIL-Eff")
	f.IntVar(&r.Most.Embedding, "embedding", 0, "widest embedding; methods with a narrower one keep it (default: as published)")
	f.IntVar(&r.Most.Hidden, "hidden", 0, "widest hidden layer, likewise")
	f.IntVar(&r.Most.Middle, "middle", 0, "widest layer between features and embedding, likewise")
	f.BoolVar(&r.RawFeatures, "raw-features", false, "train on features as they are, not standardised")
	f.StringArrayVar(&r.Only, "only", nil, "name of a `method` of the table, ZoomMIL with --full-gradient being both; may be given several times (default: all)")
	f.StringVar(&r.Encoder, "encoder", "", "encoder of the costs: builtin, an installed name, or an .onnx file")
}

// checkTable reports flags that do not go together.
func checkTable(r *app.TableRequest) error {
	switch {
	case r.Table != "" && (r.Bags == "" || r.Out == ""):
		return usagef("bench table: say where the bags are with --bags DIR, and where runs are kept with --out DIR")
	case r.Table == "" && r.Bags != "":
		return usagef("bench table: --bags without a CSV of slides and labels")
	case r.Seeds < 1 || r.Epochs < 1 || r.Patience < 1:
		return usagef("bench table: --seeds, --epochs and --patience must be 1 or more")
	case r.Rate < 0 || r.LeastRate < 0 || !(r.Sigma > 0):
		return usagef("bench table: --lr and --least-lr must not be below 0, --sigma above it")
	case min(r.Most.Embedding, r.Most.Hidden, r.Most.Middle) < 0:
		return usagef("bench table: --embedding, --hidden and --middle must be 1 or more")
	case !slices.Contains(studyNames(), r.Study):
		return usagef("--config %s: there are %s", r.Study, strings.Join(studyNames(), ", "))
	}
	return nil
}

// checkCosts reports flags of training where nothing is trained.
func checkCosts(cmd *cobra.Command, r *app.TableRequest) error {
	if r.Table != "" {
		return nil
	}
	for _, name := range []string{
		"seeds", "epochs", "lr", "least-lr", "patience", "sigma", "k", "eff-k", "embedding", "hidden", "middle", "raw-features",
	} {
		if cmd.Flags().Changed(name) {
			return usagef("bench table: --%s is of training, for which a CSV of slides and labels and --bags DIR are missing", name)
		}
	}
	return nil
}

// commandLine is how a command was called, with the flags that were given in the
// order of their names.
func commandLine(cmd *cobra.Command, args []string) string {
	words := append([]string{cmd.CommandPath()}, args...)
	cmd.Flags().Visit(func(f *pflag.Flag) { words = append(words, flagWords(f)...) })
	return strings.Join(words, " ")
}

// flagWords are those that give a flag its value.
func flagWords(f *pflag.Flag) []string {
	name, value := "--"+f.Name, f.Value.String()
	if v, ok := f.Value.(pflag.SliceValue); ok {
		if f.Value.Type() != "stringArray" {
			return []string{name, strings.Join(short(v.GetSlice()), ",")}
		}
		var words []string
		for _, one := range v.GetSlice() {
			words = append(words, name, strconv.Quote(one))
		}
		return words
	}
	switch {
	case f.Value.Type() == "bool":
		return []string{name + strings.TrimPrefix("="+value, "=true")}
	case strings.ContainsAny(value, " \""):
		value = strconv.Quote(value)
	}
	return []string{name, value}
}

// short writes numbers without the zeros at their end.
func short(words []string) []string {
	var all []string
	for _, w := range words {
		if x, err := strconv.ParseFloat(w, 64); err == nil {
			w = strconv.FormatFloat(x, 'f', -1, 64)
		}
		all = append(all, w)
	}
	return all
}

func studyNames() []string {
	var names []string
	for _, s := range bench.Studies() {
		names = append(names, s.Name)
	}
	return names
}
