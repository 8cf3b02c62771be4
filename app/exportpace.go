package app

import (
	"cmp"

	"zoomscope/app/export"
	"zoomscope/engine/result"
)

// exportSteps is the Total of an export's progress.
const exportSteps = 1000

// exportPace makes one progress of those of all files of an export: it never
// falls. The stages stay those of the files.
type exportPace struct {
	to    func(result.Progress)
	all   float64 // weight of all files
	done  float64 // of those that are finished
	file  float64 // of the one at hand
	share float64 // of the one at hand that is finished, 0 to 1
	stage string
}

// begin says that a file of a weight is next.
func (p *exportPace) begin(weight float64) { p.file, p.share = weight, 0 }

// end says that the file at hand is finished.
func (p *exportPace) end() {
	p.done, p.file = p.done+p.file, 0
	p.tell()
}

// report takes in what the making of the file at hand says.
func (p *exportPace) report(q result.Progress) {
	p.stage = q.Stage
	if q.Total > 0 {
		s := stageSpan(q.Stage)
		p.share = max(p.share, s[0]+(s[1]-s[0])*min(1, float64(q.Done)/float64(q.Total)))
	}
	p.tell()
}

func (p *exportPace) tell() {
	now := int(exportSteps * (p.done + p.file*p.share) / p.all)
	p.to(result.Progress{Stage: p.stage, Done: min(now, exportSteps-1), Total: exportSteps})
}

// finish says that all is done.
func (p *exportPace) finish() {
	p.to(result.Progress{Stage: p.stage, Done: exportSteps, Total: exportSteps})
}

// stageSpan is the share of a file's, or a folder's, making at which a stage begins
// and ends. Those of a file are one.
func stageSpan(stage string) [2]float64 {
	switch stage {
	case "overview":
		return [2]float64{0, 0.15}
	case "attention pictures":
		return [2]float64{0.15, 0.4}
	case "zoom path":
		return [2]float64{0.4, 0.7}
	}
	return [2]float64{0, 1}
}

// weight is about how much work a file of an item is, in tiles to be read and
// written. level counts for what is one file for each.
func (e *exporting) weight(item ExportItem, level int) float64 {
	switch item {
	case ExportAttention:
		return e.pixels(e.MaxSide) + 20
	case ExportOverlay:
		return e.overlayWeight(level)
	case ExportReport:
		return e.pixels(1000) + 40
	case ExportPatches:
		return e.pixels(0) + e.picked()
	case ExportEverything:
		return e.pixels(e.MaxSide)*float64(1+len(e.Result.Levels)) + e.picked() + 30
	case ExportView:
		return 10
	}
	return 2
}

// pixels is the weight of a picture of the slide.
func (e *exporting) pixels(side int) float64 {
	a := export.Area(e.Result.Slide)
	tiles := float64(cmp.Or(side, export.DefaultMaxSide)) / tileSide
	return tiles * tiles * min(a.Width, a.Height) / max(a.Width, a.Height, 1)
}

// picked is the weight of pictures of the patches that stand out.
func (e *exporting) picked() float64 {
	n := 0
	for _, l := range e.Result.Levels {
		n += len(export.Picks(l, cmp.Or(e.Top, DefaultTop)))
	}
	return 2 * float64(n)
}

func (e *exporting) overlayWeight(level int) float64 {
	s := e.Result.Slide
	down := cmp.Or(e.Downsample, export.OverlayDownsample(s, e.Result.Levels[level], !e.NoTissue))
	side := func(pixels int) float64 { return float64(pixels) / down / tileSide }
	tiles := side(s.Width) * side(s.Height)
	if e.NoTissue {
		tiles /= 4 // nothing is read
	}
	return tiles + 1
}

// weights are those of all files.
func (e *exporting) weights() (sum float64) {
	for _, item := range e.Items {
		if !item.PerMagnification() {
			sum += e.weight(item, 0)
			continue
		}
		for _, level := range e.levels() {
			sum += e.weight(item, level)
		}
	}
	return sum
}
