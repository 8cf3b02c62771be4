package app

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slices"

	"golang.org/x/image/draw"

	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
)

// EncodeRequest asks for the features of pictures.
type EncodeRequest struct {
	Images []string
	Out    string        // .safetensors file: tensor "features" [N, D] in the order of Images; none that is read
	Engine EngineOptions // Model is not used

	// Device, where not nil, is told where it runs, before the first picture is read,
	// and where the device was changed for want of memory.
	Device func(result.Device)
}

// Encoded says what was encoded, by what and where.
type Encoded struct {
	Encoder result.Encoder `json:"encoder"`
	Device  result.Device  `json:"device"`
	Images  int            `json:"images"`
	Out     string         `json:"out"`
}

// EncodeImages runs an encoder on pictures, each taken as one patch: one of
// another size than 256 x 256 is resized to it. The file is written when all are
// done, into a folder made when missing; the first picture that cannot be read
// ends the work.
func (w *Workspace) EncodeImages(ctx context.Context, req EncodeRequest, progress func(result.Progress)) (*Encoded, error) {
	spec, err := w.Encoder(req.Engine.Encoder)
	if err != nil {
		return nil, err
	}
	if err := PrepareOutput(req.Out, slices.Concat(req.Images, w.readBy(req.Engine))...); err != nil {
		return nil, err
	}
	engine, err := w.engine(ctx, nil, spec, req.Engine)
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	defer tellDevice(req.Device, engine)()
	n, card := len(req.Images), engine.Encoder.Card
	features := make([]float32, n*card.Dim)
	report := result.Throttle(progress)
	err = engine.Encode(ctx, n, func(ctx context.Context, i int, dst *image.RGBA) error {
		return w.readPatch(ctx, req.Images[i], dst)
	}, func(first, count int, rows []float32) error {
		copy(features[first*card.Dim:], rows)
		report(result.Progress{Stage: "encoding", Done: first + count, Total: n})
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := &Encoded{Encoder: card, Device: engine.Place.Device, Images: n, Out: req.Out}
	meta := map[string]string{"encoder": card.Name, "encoder_sha256": card.SHA256, "device": out.Device.Used}
	tensor := safetensors.FromFloat32(features, safetensors.F32, n, card.Dim)
	return out, safetensors.WriteFile(req.Out, map[string]safetensors.Raw{"features": tensor}, meta)
}

// maxPatchImage is the largest side of a picture taken as one patch: larger ones
// are slides, given by mistake.
const maxPatchImage = 4096

// readPatch fills dst with a picture file.
func (w *Workspace) readPatch(ctx context.Context, path string, dst *image.RGBA) error {
	s, err := w.Open(ctx, path)
	if err != nil {
		return err
	}
	defer s.Close()
	in := s.Info()
	size := image.Pt(in.Width(), in.Height())
	switch {
	case max(size.X, size.Y) > maxPatchImage:
		return fmt.Errorf("%s: %d x %d pixels are too many for one patch; zoomscope extract takes slides", path, size.X, size.Y)
	case size == dst.Rect.Size():
		return s.ReadRegion(ctx, dst, 0, 0, 0)
	}
	img := image.NewRGBA(image.Rectangle{Max: size})
	if err := s.ReadRegion(ctx, img, 0, 0, 0); err != nil {
		return err
	}
	draw.BiLinear.Scale(dst, dst.Rect, img, img.Rect, draw.Src, nil)
	return nil
}

// Encoders lists the encoders of this machine, the built-in one first. Files that
// cannot be read are left out; the error, which comes with the list, joins theirs.
func (w *Workspace) Encoders() ([]encoder.Card, error) {
	builtin, err := encoder.Builtin()
	if err != nil {
		return nil, err
	}
	installed, err := w.encoders.List()
	return append([]encoder.Card{builtin.Card()}, installed...), err
}

// ImportEncoder installs an encoder from a file: one of this program's own as it
// is; an ONNX network or a residual network's checkpoint as the description
// says. Without a description, a checkpoint is taken for a ResNet-50 of
// torchvision or timm. name, unless it is "", replaces the name that a
// description gives; an encoder of this program keeps its own. It is run on the
// processor first: one that does not run, or whose features are no use, is refused, and
// so is a name that it could not be asked for by, with ErrBadName.
func (w *Workspace) ImportEncoder(ctx context.Context, path, name string, d *encoder.Description) (encoder.Card, error) {
	spec, err := loadEncoder(path, name, d)
	if err != nil {
		return encoder.Card{}, err
	}
	if err := badEncoderName(path, spec.Card().Name); err != nil {
		return encoder.Card{}, err
	}
	place, err := w.place(ctx, EngineOptions{Device: string(device.CPU)})
	if err != nil {
		return encoder.Card{}, err
	}
	if err := spec.Probe(ctx, place.Opener); err != nil {
		return encoder.Card{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := w.encoders.Add(spec); err != nil {
		return encoder.Card{}, err
	}
	return spec.Card(), nil
}

// publicEncoder is the name of the encoder that models of the public code were
// trained with: an imported checkpoint is installed under it, so that they find it.
const publicEncoder = "resnet50-layer3"

func loadEncoder(path, name string, d *encoder.Description) (*encoder.Spec, error) {
	if d == nil && filepath.Ext(path) == ".onnx" {
		s, err := encoder.Load(path)
		if err == nil && name != "" && name != s.Card().Name {
			return nil, fmt.Errorf("%s: an encoder of this program keeps its name, %s, which models know it by", path, s.Card().Name)
		}
		return s, err
	}
	if d == nil {
		mean, std := encoder.ImageNet()
		d = &encoder.Description{Name: publicEncoder, Mean: &mean, Std: &std}
	}
	if name != "" {
		d.Name = name
	}
	return encoder.Import(path, *d)
}
