package panels

import (
	"testing"

	"fyne.io/fyne/v2/test"

	"zoomscope/ui/texts"
	"zoomscope/ui/widgets"
)

func openModels(t *testing.T, l *log) *Models {
	return opened(t, func(w *texts.Texts) *Models {
		return NewModels(w, ModelsEvents{
			Import: func() { l.say("import") }, Companion: func() { l.say("companion") }, ImportAs: func(name string) { l.say("as %s", name) },
			Default: func(id string) { l.say("default %q", id) }, RemoveModel: func(id string) { l.say("remove %s", id) },
			RemoveEncoder: func(id string) { l.say("remove encoder %s", id) }})
	})
}

// header is the line of a card, which opens it.
func header(t *testing.T, m *Models, title string) *widgets.Pressable {
	t.Helper()
	for _, o := range test.LaidOutObjects(m.Object()) {
		if p, ok := o.(*widgets.Pressable); ok && read(p) == title {
			return p
		}
	}
	t.Fatalf("no card %q among\n%s", title, read(m.Object()))
	return nil
}

func TestModelCards(t *testing.T) {
	var l log
	m := openModels(t, &l)
	m.Set(someModelInfos(), someEncoderInfos(), "")
	wantWords(t, m.Object(), "default, comes with the program, 2.5x, 10x", "Trained on synthetic tissue", "Its encoder resnet50-layer3 is not installed.",
		"This file cannot be used. bad.safetensors: header of 0 bytes", "comes with the program, 96 values per patch")
	wantNoWords(t, m.Object(), "Intended use", "Use as default")
	test.Tap(header(t, m, "Colorectal biopsies 5-10-20x"))
	wantWords(t, m.Object(), "115 slides, 21 epochs", "F1, weighted 0.847", "Not for diagnosis.", "not stated", "6ab1f00dcafe0123", "4.2 MB")
	test.Tap(button(t, m.Object(), "Use as default"))
	m.Set(someModelInfos(), someEncoderInfos(), "crc")
	wantNoWords(t, m.Object(), "Use as default")
	wantWords(t, m.Object(), "Intended use") // the card stays open
	once := someModelInfos()
	for i := range once {
		once[i].Slides, once[i].Epochs = 7, 1
	}
	m.Set(once, nil, "crc")
	wantWords(t, m.Object(), "7 slides, 1 epoch\n")
	test.Tap(header(t, m, "Colorectal biopsies 5-10-20x"))
	wantNoWords(t, m.Object(), "Intended use")
	test.Tap(header(t, m, "Synthetic demo"))
	test.Tap(button(t, m.Object(), "Use as default"))
	wantNoWords(t, m.Object(), "Remove…") // it comes with the program
	l.want(t, `default "crc"`, `default ""`)
}

func TestModelsRemove(t *testing.T) {
	var l log
	m := openModels(t, &l)
	m.Set(someModelInfos(), someEncoderInfos(), "")
	test.Tap(header(t, m, "bad"))
	test.Tap(button(t, m.Object(), "Remove…"))
	wantWords(t, m.Object(), "Remove bad from this list?")
	test.Tap(button(t, m.Object(), "Keep"))
	l.want(t)
	test.Tap(button(t, m.Object(), "Remove…"))
	test.Tap(button(t, m.Object(), "Remove"))
	m.Set(someModelInfos()[:2], someEncoderInfos(), "")
	m.SetRemoved("/m/trash/bad.safetensors")
	wantWords(t, m.Object(), "The file is kept as /m/trash/bad.safetensors")
	test.Tap(header(t, m, "resnet50-layer3"))
	wantWords(t, m.Object(), "0.4 to 2.1 µm/px", "crc, crc-2", "BSD-3-Clause")
	test.Tap(button(t, m.Object(), "Remove…"))
	wantWords(t, m.Object(), "These models need it: crc, crc-2.")
	test.Tap(button(t, m.Object(), "Remove"))
	l.want(t, "remove bad", "remove encoder /e/r50.onnx")
}

func TestModelFigures(t *testing.T) {
	for name, c := range map[string]struct {
		figures   map[string]float64
		want, not []string
	}{
		"validation alone": {map[string]float64{"validation_auc": 0.941}, []string{"Validation", "AUC 0.941\nthe split that chose the epoch: optimistic"}, []string{"Test", "Result"}},
		"and a test": {map[string]float64{"validation_auc": 0.941, "test_auc": 0.902, "evidence_found": 1},
			[]string{"Validation\nAUC 0.941", "Test\nAUC 0.902", "Result\nevidence found 1"}, []string{"optimistic"}},
		"a test alone": {map[string]float64{"test_auc": 0.902}, []string{"Test\nAUC 0.902"}, []string{"Validation", "optimistic"}},
		"none":         {nil, []string{"Intended use"}, []string{"Validation", "Test", "optimistic"}},
	} {
		t.Run(name, func(t *testing.T) {
			var l log
			m := openModels(t, &l)
			m.Set([]ModelInfo{{ID: "a", Name: "a model", Trained: true, File: "a.safetensors", SHA256: "0123456789abcdef01", Metrics: c.figures}}, nil, "")
			test.Tap(header(t, m, "a model"))
			wantWords(t, m.Object(), append(c.want, "0123456789abcdef…")...)
			wantNoWords(t, m.Object(), c.not...)
		})
	}
}

// A card that was closed again leaves no hole.
func TestModelsFoldAway(t *testing.T) {
	var l log
	m := openModels(t, &l)
	m.Set(someModelInfos(), someEncoderInfos(), "")
	before := m.Object().MinSize().Height
	test.Tap(header(t, m, "resnet50-layer3"))
	if m.Object().MinSize().Height <= before {
		t.Error("an open card is not seen")
	}
	test.Tap(header(t, m, "resnet50-layer3"))
	if got := m.Object().MinSize().Height; got != before {
		t.Errorf("%g points high after a card was opened and closed, %g before", got, before)
	}
}

func TestModelsImport(t *testing.T) {
	var l log
	m := openModels(t, &l)
	test.Tap(button(t, m.Object(), "Import…"))
	m.SetImporting("net.onnx")
	wantWords(t, m.Object(), "Checking and installing net.onnx")
	m.SetRefused("net.onnx", ImportNeedsDescription, "")
	wantWords(t, m.Object(), "does not say how it wants its pixels")
	wantNoWords(t, m.Object(), "Checking")
	test.Tap(button(t, m.Object(), "Choose JSON…"))
	m.SetRefused("w.pt", ImportNeedsConfig, "")
	wantWords(t, m.Object(), "weights of the public code")
	test.Tap(button(t, m.Object(), "Choose JSON…"))
	m.SetRefused("w.pt", ImportRefused, "weights for magnifications [low high], the configuration has [5 10 20]")
	wantWords(t, m.Object(), "w.pt was not installed: it does not fit.", "weights for magnifications")
	m.SetRefused("no.safetensors", ImportFailed, "The file or folder is not there.")
	wantWords(t, m.Object(), "no.safetensors was not installed.", "not there")
	wantNoWords(t, m.Object(), "does not fit")
	m.SetRefused("w.pt", ImportBadName, "")
	wantWords(t, m.Object(), "Give the model a name", "Install so")
	m.SetRefused("w.pt", ImportNameTaken, "")
	again := button(t, m.Object(), "Install so")
	test.Tap(again) // no name yet
	for _, o := range test.LaidOutObjects(m.Object()) {
		if e, ok := o.(*widgets.Field); ok {
			e.SetText(" w2 ")
		}
	}
	test.Tap(again)
	m.SetImported("w2")
	wantWords(t, m.Object(), "w2 is installed.")
	test.Tap(button(t, m.Object(), "OK"))
	wantNoWords(t, m.Object(), "w2 is installed.")
	m.SetProblem("The folder cannot be read.")
	wantWords(t, m.Object(), "The folder cannot be read.")
	m.SetProblem("")
	wantNoWords(t, m.Object(), "cannot be read")
	l.want(t, "import", "companion", "companion", "as w2")
}
