package app_test

import (
	"testing"

	"zoomscope/app"
	"zoomscope/app/apptest"
)

// TestMakeUpWorklist wants cases that can be listed, sorted, and seen.
func TestMakeUpWorklist(t *testing.T) {
	w := apptest.New(t)
	if err := w.MakeUpWorklist(t.Context(), 130); err != nil {
		t.Fatal(err)
	}
	list, err := w.OpenWorklist(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	setup, err := w.TriageSetup(app.EngineOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if setup, err = list.Use(t.Context(), setup); err != nil {
		t.Fatal(err)
	}
	cases, err := list.List(t.Context(), app.WorklistQuery{Setup: setup, Sort: app.WorklistSort{By: "uncertainty"}})
	if err != nil || len(cases) != 130 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	names := map[string]bool{}
	for i, c := range cases {
		names[c.Name] = true
		if c.State != app.WorklistDone || c.Opinion == nil || !c.Picture || i > 0 && c.Opinion.Margin < cases[i-1].Opinion.Margin {
			t.Fatalf("case %d: %+v", i, c)
		}
	}
	if len(names) != 130 {
		t.Errorf("%d names", len(names))
	}
	pictures, err := list.Pictures(t.Context(), cases[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if img, err := app.DecodeWorklistPicture(pictures[cases[0].ID]); err != nil || img.Rect.Dx() != 192 {
		t.Errorf("%v, %v", img.Rect, err)
	}
	if err := list.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.MakeUpWorklist(t.Context(), 1); err == nil {
		t.Error("a worklist that is there was added to")
	}
}
