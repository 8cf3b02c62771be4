package train

import (
	"cmp"
	"path/filepath"
)

// DivideAs assigns to the samples the splits that the run in dir gave the same
// slides, told by content, or by name where that is not known. It returns how many
// the run knows; the others are then Unassigned. When it knows none, they stay
// where the table has them. Either way, other slides of a patient that is in the
// run's training or validation split count to that split, with a warning: the
// model has seen the patient. The error for a folder without a run wraps
// fs.ErrNotExist.
func (d *Dataset) DivideAs(dir string) (known int, err error) {
	var r record
	if _, err := readJSON(filepath.Join(dir, RunFile), &r); err != nil {
		return 0, err
	}
	slides, patients := map[string]Split{}, seenPatients{}
	for name, members := range r.Splits {
		split, err := ParseSplit(name)
		if err != nil {
			return 0, err
		}
		for _, m := range members {
			slides[sameSlide(m.ContentID, m.Slide)] = split
			patients.add(m.Patient, split)
		}
	}
	given := make([]Split, len(d.Samples))
	for i, s := range d.Samples {
		if given[i] = slides[sameSlide(s.ContentID, s.Name)]; given[i] != Unassigned {
			known++
			patients.add(s.Patient, given[i]) // whom the run's table may not have named
		}
	}
	d.countSeen(given, patients)
	for i := range d.Samples {
		if known > 0 || given[i] != Unassigned {
			d.Samples[i].Split = given[i]
		}
	}
	return known, nil
}

// seenPatients are those in the splits that a model is made with.
type seenPatients map[string]Split

func (p seenPatients) add(patient string, split Split) {
	if patient != "" && (split == Training || split == Validation) {
		p[patient] = split
	}
}

// countSeen gives the samples without a split that of their patient.
func (d *Dataset) countSeen(given []Split, patients seenPatients) {
	var seen problems
	for i, s := range d.Samples {
		if split := patients[s.Patient]; given[i] == Unassigned && split != Unassigned {
			given[i] = split
			seen.add("%s (patient %s, %s)", s.Name, s.Patient, split)
		}
	}
	d.Warnings = seen.warn(d.Warnings, "Other slides of patients that the model was made with, which count as seen")
}

// sameSlide is equal for the same slide.
func sameSlide(contentID, name string) string {
	return cmp.Or(contentID, "name "+name)
}
