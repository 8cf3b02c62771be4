package app

import (
	"fmt"
	"strings"
	"testing"

	"zoomscope/engine/bench"
	"zoomscope/engine/mil"
)

func TestWithin(t *testing.T) {
	published := mil.Sizes{Hidden: 32, Embedding: 512, Middle: 0}
	for _, c := range []struct{ most, want mil.Sizes }{
		{mil.Sizes{}, published},
		{mil.Sizes{Hidden: 64, Embedding: 128, Middle: 128}, mil.Sizes{Hidden: 32, Embedding: 128}},
		{mil.Sizes{Hidden: 8}, mil.Sizes{Hidden: 8, Embedding: 512}},
	} {
		if got := within(published, c.most); got != c.want {
			t.Errorf("at most %+v: %+v, want %+v", c.most, got, c.want)
		}
	}
}

func TestTrainedK(t *testing.T) {
	study, err := bench.FindStudy("crc")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		k, eff []int
		want   string // of DSMIL, ZoomMIL-Eff and ZoomMIL
	}{
		{"the paper's", nil, nil, "[] [12] [16 16]"},
		{"one for all", []int{3}, nil, "[] [12] [3 3]"},
		{"one for each", []int{3, 4}, []int{2}, "[] [2] [3 4]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := TableRequest{K: c.k, EffK: c.eff}
			var got []string
			for _, who := range study.Contestants(nil, false) {
				k, err := r.trainedK(who)
				if err != nil {
					t.Fatal(err)
				}
				if who.K != nil || who.Method == mil.DSMIL {
					got = append(got, fmt.Sprint(k))
				}
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("k %s, want %s", text, c.want)
			}
		})
	}
	r := TableRequest{EffK: []int{1, 2}}
	if _, err := r.trainedK(bench.Contestant{Name: bench.EffName, Method: mil.ZoomMIL, K: []int{12}}); err == nil {
		t.Error("two values of k for one zoom")
	}
	study, err = bench.FindStudy("camelyon16")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.contestants(study); err == nil {
		t.Error("k of a method that the study has not")
	}
}

func TestTableSettings(t *testing.T) {
	if text := (&TableRequest{}).settings(); !strings.HasSuffix(text, "schedule of ZoomMIL") {
		t.Error(text)
	}
	r := TableRequest{LeastRate: 3e-4, Most: mil.Sizes{Hidden: 64}, K: []int{4}}
	want := "; but: learning rates of at least 0.0003, hidden layers of at most 64, K = [4]"
	if text := r.settings(); !strings.HasSuffix(text, want) {
		t.Errorf("%s, want %s at its end", text, want)
	}
}

func TestFrontierPlaces(t *testing.T) {
	for _, c := range []struct {
		req  FrontierRequest
		want int
	}{
		{FrontierRequest{Device: "cpu", Threads: 1}, 1},
		{FrontierRequest{Device: "cpu", Threads: 2}, 2},
		{FrontierRequest{Device: "cuda", Threads: 1}, 2},
	} {
		places := frontierPlaces(c.req)
		if len(places) != c.want || places[0].Device != "cpu" || places[0].Threads != 1 {
			t.Errorf("%+v: %+v", c.req, places)
		}
	}
}
