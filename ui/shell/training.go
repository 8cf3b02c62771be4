package shell

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/engine/result"
	"zoomscope/ui/panels"
	"zoomscope/ui/widgets"
)

// trainee is what the window is training on, and how far that has come.
type trainee struct {
	begun    bool // the panel was filled once
	info     *app.DatasetInfo
	encoders []app.EncoderDetails

	looking, preparing *job // inspection; estimate or extraction
	surveys            int  // counts them: the last one is told alone

	runs    string // folder whose runs are listed
	current *study // the training under way, or paused; nil for none
	judged  *panels.TrainingResult
	review  *watching      // slides whose attention was followed in the run whose figures are shown
	awaited *result.Result // what a slide that is being opened will show; nil for none
	dir     string         // folder of the run whose figures are shown
}

func (s *Shell) trainingEvents() panels.TrainingEvents {
	return panels.TrainingEvents{
		PickTable: s.pickTable, PickFolder: s.pickClasses,
		Images: func(on bool) { s.askDataset(func(t *settings.Training) { t.Images = on }) },
		Stated: func(m float64) { s.askDataset(func(t *settings.Training) { t.Stated = m }) },
		Encoder: func(id string) {
			s.prepare(func(t *settings.Training) { t.Encoder = id })
		},
		Preset: func(name string) {
			s.prepare(func(t *settings.Training) { t.Preset = name })
			s.suggest()
		},
		OpenSlide: func(path string) { s.open([]string{path}) },
		Estimate:  s.estimate, Extract: s.extract, CancelExtract: s.cancelPreparing,
		Start: s.train, Pause: s.pauseTraining, Resume: s.resumeTraining, KeepBest: s.keepBest, Watch: s.watch,
		WatchAt: func(epoch int) {
			if t := s.training.current; t != nil {
				s.watchEpoch(&t.watch, epoch)
			}
		},
		Review: func(name string) {
			if w := s.training.review; w != nil {
				s.watchSlide(w, name)
			}
		},
		ReviewAt: func(epoch int) {
			if w := s.training.review; w != nil {
				s.watchEpoch(w, epoch)
			}
		},
		OpenTest: s.openTest, PickRuns: s.pickRuns, ShowRun: s.showRunOf, Export: s.exportRun,
	}
}

// showTab shows a panel, and the panels if they are folded away.
func (s *Shell) showTab(tab panels.TabID) {
	if s.alone {
		s.slideOnly()
	}
	if s.look.Window.RightFolded {
		s.foldRight()
	}
	s.parts.tabs.Select(tab)
	s.parts.tabs.OnSelected(tab)
}

// trainingWidth is that of the panels while a model is trained.
const trainingWidth = 640

// widen gives a panel the width that it needs.
func (s *Shell) widen(tab panels.TabID) {
	s.parts.columns.wanted = 0
	if tab == panels.TrainingTab {
		s.parts.columns.wanted = trainingWidth
	}
}

// tabShown brings a panel in line that is filled only once it is seen.
func (s *Shell) tabShown(tab panels.TabID) {
	s.widen(tab)
	s.window.Content().Refresh()
	switch tab {
	case panels.TrainingTab:
		s.beginTraining()
	case panels.ModelsTab:
		s.showModels()
	}
}

// beginTraining fills the training panel, once, and looks again at what was trained
// on last.
func (s *Shell) beginTraining() {
	if s.training.begun {
		return
	}
	s.training.begun = true
	s.showMethods()
	s.showPresets()
	s.suggest()
	s.loadEncoders()
	if t := s.look.Training; t.Table != "" || t.Folder != "" {
		s.inspect()
	}
}

func (s *Shell) showMethods() {
	var items []panels.MethodItem
	for _, m := range app.TrainingMethods() {
		items = append(items, panels.MethodItem{ID: m.ID, Name: m.Name, About: s.aboutMethod(m.ID), Zooms: m.Zooms, Fewest: m.Fewest, Most: m.Most})
	}
	s.parts.training.SetMethods(items, items[0].ID)
}

// aboutMethod says what a method does; "" for one that there are no words for.
func (s *Shell) aboutMethod(id string) string {
	t := s.texts.Training
	return map[string]string{
		"zoommil": t.AboutZoomMIL, "maxmil": t.AboutMaxMIL, "meanmil": t.AboutMeanMIL, "abmil": t.AboutABMIL, "clam_sb": t.AboutCLAM,
		"transmil": t.AboutTransMIL, "dsmil": t.AboutDSMIL, "msmil": t.AboutMSMIL, "sparseconvmil": t.AboutSparseConvMIL,
	}[id]
}

func (s *Shell) showPresets() {
	var items []panels.PresetItem
	for _, p := range app.TrainingPresets() {
		items = append(items, panels.PresetItem{Name: p.Name, Magnifications: p.Magnifications, K: p.K})
	}
	s.parts.training.SetPresets(items, s.preset().Name)
}

// preset is the one that is chosen, or the first.
func (s *Shell) preset() app.TrainingPreset {
	all := app.TrainingPresets()
	i := slices.IndexFunc(all, func(p app.TrainingPreset) bool { return p.Name == s.look.Training.Preset })
	return all[max(0, i)]
}

// loadEncoders asks which encoders there are.
func (s *Shell) loadEncoders() {
	background(s, func(context.Context) ([]app.EncoderDetails, error) { return s.Workspace.EncoderDetails() },
		func(list []app.EncoderDetails, err error) {
			if err != nil {
				s.fail("", err)
				return
			}
			s.training.encoders = list
			s.showTrainingEncoders()
			s.survey()
		})
}

func (s *Shell) showTrainingEncoders() {
	items := make([]panels.EncoderItem, len(s.training.encoders))
	for i, e := range s.training.encoders {
		items[i] = panels.EncoderItem{ID: e.Path, Name: e.Name, Note: e.Description}
		if e.Err != nil {
			items[i].Note, items[i].Off = s.phrase(e.Err), true
		}
	}
	s.parts.training.SetEncoders(items, s.encoder().Path)
}

// encoder is the one that is chosen, or the built-in one.
func (s *Shell) encoder() app.EncoderDetails {
	list := s.training.encoders
	if i := slices.IndexFunc(list, func(e app.EncoderDetails) bool { return e.Path == s.look.Training.Encoder && e.Err == nil }); i >= 0 {
		return list[i]
	}
	if len(list) > 0 {
		return list[0]
	}
	return app.EncoderDetails{}
}

// pickTable lets the user choose a table of slides and labels.
func (s *Shell) pickTable() {
	t, dir := s.texts.Shell, s.datasetFolder()
	s.native(func() (string, error) { return s.Dialogs.OpenFile(t.PickTable, t.TableFilter, dir, "csv") },
		func(path string) {
			s.askDataset(func(t *settings.Training) { t.Table, t.Folder, t.Images = path, "", false })
		})
}

// pickClasses lets the user choose a folder of classes.
func (s *Shell) pickClasses() {
	t, dir := s.texts.Shell, s.datasetFolder()
	s.native(func() (string, error) { return s.Dialogs.Folder(t.PickClasses, dir) },
		func(path string) { s.askDataset(func(t *settings.Training) { t.Table, t.Folder = "", path }) })
}

// datasetFolder is where a dataset is likely to be.
func (s *Shell) datasetFolder() string {
	switch t := s.look.Training; {
	case t.Table != "":
		return filepath.Dir(t.Table)
	case t.Folder != "":
		return t.Folder
	}
	return s.look.LastFolder
}

// askDataset changes what is trained on, and looks at it. What is under way stays
// what it is.
func (s *Shell) askDataset(change func(*settings.Training)) {
	if s.busyTraining() {
		return
	}
	s.update(func(l *settings.Settings) { change(&l.Training) })
	s.inspect()
}

// busyTraining says that something is under way that the dataset belongs to; it
// then says so.
func (s *Shell) busyTraining() bool {
	if s.training.preparing == nil && !s.training.current.running() {
		return false
	}
	s.say(s.texts.Shell.TrainingBusy)
	s.showDataset()
	return true
}

// datasetName is what a dataset is called.
func (s *Shell) datasetName() string {
	if t := s.look.Training; t.Folder != "" {
		return filepath.Base(t.Folder)
	}
	return filepath.Base(s.look.Training.Table)
}

// inspect looks at every slide of the dataset.
func (s *Shell) inspect() {
	if j := s.training.looking; j != nil {
		j.cancel()
	}
	t := s.look.Training
	s.training.info, s.training.current = nil, nil
	s.showStudy()
	s.showResult("", nil)
	s.parts.training.SetWarnings(panels.TrainingDatasetStep, nil)
	s.parts.training.SetWarnings(panels.TrainingFeaturesStep, nil)
	s.parts.training.SetFeatures(panels.TrainingFeatures{})
	s.parts.training.SetLooking(panels.Job{})
	req := app.DatasetRequest{Table: t.Table, Folder: t.Folder, Images: t.Images, Magnification: t.Stated}
	var own *job
	own = startSeen(s, fmt.Sprintf(s.texts.Shell.Inspecting, s.datasetName()), s.parts.training.SetLooking, func(ctx context.Context, report func(panels.Job)) (*app.DatasetInfo, error) {
		return s.Workspace.InspectDataset(ctx, req, counted(report))
	}, func(d *app.DatasetInfo, err error) {
		if s.training.looking == own {
			s.training.looking = nil
			s.inspected(d, err)
		}
	})
	s.training.looking = own
}

// inspected takes in what is known of the dataset.
func (s *Shell) inspected(d *app.DatasetInfo, err error) {
	p := s.parts.training
	if t := s.look.Training; errors.Is(err, app.ErrNoClasses) && !t.Images {
		s.askDataset(func(t *settings.Training) { t.Images = true }) // it may hold plain pictures alone
		return
	}
	if err != nil {
		p.SetDataset(nil)
		s.trainingTrouble(panels.TrainingDatasetStep, err)
		return
	}
	s.training.info = d
	s.showDataset()
	s.survey()
	s.suggest()
	s.training.runs = runsBeside(d.Table)
	s.listRuns()
}

// trainingTrouble tells at a step why it did not work; what the user gave up is
// none.
func (s *Shell) trainingTrouble(step panels.TrainingStep, err error) {
	if err == nil || errors.Is(err, ErrCancelled) {
		s.parts.training.SetWarnings(step, nil)
		return
	}
	s.Log.Warn("training", "step", int(step), "kind", app.KindOf(err))
	s.parts.training.SetWarnings(step, []widgets.Warning{{Text: s.reason(err), Grave: true}})
}

// reason says why something did not work and what to do; of what there are no words
// for, the error itself.
func (s *Shell) reason(err error) string {
	if app.KindOf(err) == app.ErrorOther {
		return s.translated(err.Error())
	}
	p := s.problem(err)
	words := p.What + " " + p.Do
	if missing := (*fs.PathError)(nil); app.KindOf(err) == app.ErrorMissing && errors.As(err, &missing) {
		words += "\n" + missing.Path
	}
	return words
}

// showDataset shows what is known of the dataset.
func (s *Shell) showDataset() {
	d := s.training.info
	if d == nil {
		return
	}
	t := s.look.Training
	out := &panels.TrainingDataset{
		Table: d.Table, Folders: t.Folder != "", Images: t.Images, Stated: t.Stated, Patients: d.Patients,
	}
	for _, c := range d.Classes {
		out.Slides += c.Slides()
		out.Classes = append(out.Classes, panels.TrainingClass{Name: c.Name, Train: c.Train, Val: c.Val, Test: c.Test, Rest: c.Rest})
	}
	for _, p := range d.Problems {
		out.Problems = append(out.Problems, panels.TrainingProblem{
			Trouble: panels.TrainingTrouble(p.Trouble), Names: p.Names, Detail: s.translated(p.Detail), Grave: p.Grave(),
		})
	}
	s.parts.training.SetDataset(out)
}

// writeTable makes the table of a dataset that is a folder of classes.
func (s *Shell) writeTable(d *app.DatasetInfo) error {
	_, err := s.Workspace.WriteDataset(d)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf(s.texts.Shell.TableInTheWay, d.Table)
	}
	return err
}

// counted reports work that is done in equal steps.
func counted(report func(panels.Job)) func(result.Progress) {
	return func(p result.Progress) {
		line := panels.Job{}
		if p.Total > 0 {
			line.Stage = fmt.Sprintf("%d / %d", p.Done, p.Total)
			line.Fraction = float64(p.Done) / float64(p.Total)
		}
		report(line)
	}
}

// startSeen is start for work whose progress a panel shows as well.
func startSeen[T any](s *Shell, title string, panel func(panels.Job), do func(ctx context.Context, report func(panels.Job)) (T, error), done func(T, error)) *job {
	return start(s, title, func(ctx context.Context, report func(panels.Job)) (T, error) {
		lines := newest[panels.Job]{s: s, take: panel}
		return do(ctx, func(line panels.Job) {
			report(line)
			lines.tell(line)
		})
	}, done)
}
