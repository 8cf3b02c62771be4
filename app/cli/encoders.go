package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/encoder"
	"zoomscope/engine/result"
)

func (p *Program) encoders() *cobra.Command {
	c := &cobra.Command{
		Use:   "encoders",
		Short: "List, import and run patch encoders",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(p.encodersList(), p.encodersImport(), p.encodersRun())
	return c
}

// encoderInfo is the JSON form of an encoder's card.
type encoderInfo struct {
	Name        string             `json:"name"`
	SHA256      string             `json:"sha256"`
	Dim         int                `json:"dim"`
	Resolution  encoder.Resolution `json:"resolution"` // um per pixel it was made for; zeros: any
	Licence     string             `json:"licence"`
	Description string             `json:"description"`
}

func infoOf(c encoder.Card) encoderInfo {
	return encoderInfo{c.Name, c.SHA256, c.Dim, c.Resolution, c.Licence, c.Description}
}

func (p *Program) encodersList() *cobra.Command {
	var o common
	c := &cobra.Command{
		Use:   "list",
		Short: "The encoders of this machine, the built-in one first",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cards, err := p.Workspace.Encoders()
			if err != nil {
				return err
			}
			infos := []encoderInfo{}
			for _, c := range cards {
				infos = append(infos, infoOf(c))
			}
			if o.json {
				return printJSON(p.Stdout, infos)
			}
			for _, c := range cards {
				p.printEncoder(c)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	return c
}

func (p *Program) printEncoder(c encoder.Card) {
	fmt.Fprintf(p.Stdout, "%s\n", c.Name)
	fmt.Fprintf(p.Stdout, "  values       %d per patch\n", c.Dim)
	fmt.Fprintf(p.Stdout, "  resolution   %v\n", c.Resolution)
	for _, f := range []struct{ name, text string }{{"about", c.Description}, {"licence", c.Licence}, {"sha256", c.SHA256}} {
		if f.text != "" {
			fmt.Fprintf(p.Stdout, "  %-12s %s\n", f.name, f.text)
		}
	}
}

func (p *Program) encodersImport() *cobra.Command {
	var o common
	var description, name string
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Install an encoder: .onnx, or a ResNet-50 checkpoint (.pth, .safetensors)",
		Long: `Install an encoder. A ResNet-50 checkpoint of torchvision or timm (.pth,
.safetensors) is cut after its third block. An ONNX network of another program
needs --description FILE, a JSON object that says how it wants its pixels. What
is left out has its default:

  name            what it is installed under; needed
  layout          "nchw" (default) or "nhwc"
  type            "float32" (default) or "uint8"
  size            side of its input in pixels (default 256)
  fit             "resize" (default) or "crop", from patches of 256 x 256
  colour          "rgb" (default) or "bgr"
  scale, offset,  a value x of 0 to 255 becomes (x*scale + offset - mean) / std;
  mean, std       defaults 1/255, 0, [0,0,0], [1,1,1]
  input, output   names in the network, where there are several
  pool            "auto" (default), "none", "mean" or "first" (token)
  dim             values per patch, where the network does not say
  prefix          which network of a checkpoint that holds several
  resolution      {"min": 0.4, "max": 0.6}, um per pixel it is made for (default any)
  licence, description   text for its card

An ImageNet network of 224 x 224:

  {"name": "resnet18", "size": 224,
   "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}`,
		Example: `  zoomscope encoders import resnet50.pth --name my-encoder
  zoomscope encoders import resnet18.onnx --description resnet18.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := importDescription(description)
			if err != nil {
				return err
			}
			card, err := p.Workspace.ImportEncoder(cmd.Context(), args[0], name, d)
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(p.Stdout, infoOf(card))
			}
			p.printEncoder(card)
			return nil
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	c.Flags().StringVar(&description, "description", "", "JSON file that describes the network")
	c.Flags().StringVar(&name, "name", "", "name to install it under (default: the described one, or the file's)")
	return c
}

// importDescription reads the file that describes a network; "" is none.
func importDescription(path string) (*encoder.Description, error) {
	if path == "" {
		return nil, nil
	}
	d, err := encoder.LoadDescription(path)
	return &d, err
}

func (p *Program) encodersRun() *cobra.Command {
	var o common
	var out string
	c := &cobra.Command{
		Use:   "run NAME IMAGE... --out F.safetensors",
		Short: "Encode pictures, each as one patch, into a tensor of features [N, D]",
		Long: `Encode pictures, each as one patch, into a tensor "features" [N, D] of float32.
NAME is builtin, an installed name, or an .onnx file. A picture of another size
than 256 x 256 pixels is resized to that first, as patches of slides are.`,
		Example: `  zoomscope encoders run builtin patch1.png patch2.png --out features.safetensors`,
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usagef("encoders run: say where to write with --out FILE.safetensors")
			}
			o.encoder = args[0]
			m := newMeter(p.Stderr, o.quiet)
			done, err := p.Workspace.EncodeImages(cmd.Context(), app.EncodeRequest{
				Images: args[1:], Out: out, Engine: o.engine(), Device: p.deviceTeller(m, &result.Device{}),
			}, func(pr result.Progress) { m.update(shown(args[0]), pr) })
			m.clear()
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(p.Stdout, done)
			}
			fmt.Fprintf(p.Stdout, "%s: features [%d %d] by %s on %s\n", shown(done.Out), done.Images, done.Encoder.Dim, done.Encoder.Name, done.Device.Used)
			return nil
		},
	}
	o.addOutput(c)
	o.addCompute(c, "changes nothing here: nothing is drawn at random")
	c.Flags().StringVarP(&out, "out", "o", "", "file to write; its folder is made when missing")
	return c
}
