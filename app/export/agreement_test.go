package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"zoomscope/assets"
	"zoomscope/engine/result"
)

// someAgreement is of n cases of three classes: every fifth is a disagreement, every
// ninth unsure.
func someAgreement(n int) Agreement {
	a := Agreement{
		Reader: "Dr. Anna Weiß", Model: "Demo", ModelSHA256: strings.Repeat("0123456789abcdef", 4), Encoder: "builtin",
		Magnifications: []float64{5, 10, 20}, Trained: true, Note: "The model was trained on synthetic tissue: it is for trying out the program, not for diagnosis.",
		Classes: []string{"normal", "low-grade dysplasia", "high-grade dysplasia"}, Unread: 3, Kappa: 0.6954, Low: 0.412, High: 0.978,
	}
	a.Table = [][]int{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}
	for i := range n {
		c := AgreementCase{
			Slide: fmt.Sprintf("S-2024-%03d A1 HE.svs", 104+7*i), Model: a.Classes[i%3], Reader: a.Classes[i%3], Probability: 0.5 + float64(i%7)/15,
			Blinded: i%4 > 0, Time: anyDate.Add(time.Duration(i) * time.Hour),
		}
		if i%5 == 4 {
			c.Reader, c.Note = a.Classes[(i+1)%3], "The invasion front is cut off at the lower edge; deeper sections were asked for."
		}
		if c.Unsure = i%9 == 8; c.Unsure {
			c.Reader = ""
		} else {
			a.Table[index(a.Classes, c.Reader)][i%3]++
		}
		a.Cases = append(a.Cases, c)
	}
	return a
}

func index(list []string, s string) int {
	for i := range list {
		if list[i] == s {
			return i
		}
	}
	return -1
}

func agreementPDF(t testing.TB, a Agreement, o AgreementOptions) []byte {
	t.Helper()
	if o.Date.IsZero() {
		o.Date = anyDate
	}
	o.plain = true
	var buf bytes.Buffer
	if err := WriteAgreement(t.Context(), &buf, a, o); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func pageCount(pdf []byte) int { return bytes.Count(pdf, []byte("/Type /Page\n")) }

func TestAgreementSays(t *testing.T) {
	a := someAgreement(20)
	pdf := agreementPDF(t, a, AgreementOptions{Version: "1.2.3"})
	text := pageText(t, pdf)
	for _, want := range []string{
		result.ResearchUse, "Agreement of a reader with a model", "Dr. Anna Weiß against Demo", "4 March 2025, 15:06", "Zoomscope 1.2.3",
		"0123456789ab…", "2 × both / (reader + model)", "builtin", "5x, 10x, 20x", "trained on synthetic tissue", "4 Mar 2025 to 5 Mar 2025",
		"77.8 %", "14 of 18 cases; 95 % interval 55 % to 91 % (Wilson)", "0.70", "95 % interval 0.41 to 0.98", "2, left out", "3 analysed cases", "15 of 20",
		"Cases by class", "high-grade dysplasia", "By class", "Disagreements: 4", "S-2024-132 A1 HE.svs", "The invasion front is cut off", "blinded", "seen",
		"Unsure: 2", "Page 1 of 1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the report", want)
		}
	}
	if strings.Contains(text, "S-2024-104") {
		t.Error("a case on which both agree is listed")
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestAgreementPages wants the report on paper, however long: every page says what it
// is for, and lists name their columns again.
func TestAgreementPages(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Agreement, *AgreementOptions)
		n      int
		pages  int // at least
	}{
		"usual":     {func(*Agreement, *AgreementOptions) {}, 20, 1},
		"letter":    {func(_ *Agreement, o *AgreementOptions) { o.Letter = true }, 60, 1},
		"many":      {func(*Agreement, *AgreementOptions) {}, 600, 4},
		"no kappa":  {func(a *Agreement, _ *AgreementOptions) { a.NoKappa = true }, 20, 1},
		"untrained": {func(a *Agreement, _ *AgreementOptions) { a.Trained = false }, 20, 1},
		"bad kappa": {func(a *Agreement, _ *AgreementOptions) { a.Kappa, a.Low, a.High = -0.3, -0.8, 0.2 }, 20, 1},
		"nothing": {func(a *Agreement, _ *AgreementOptions) {
			a.Table = [][]int{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}
			a.Cases, a.NoKappa = nil, true
		}, 0, 1},
		"long names": {func(a *Agreement, _ *AgreementOptions) {
			a.Reader, a.Model = strings.Repeat("a name ", 40), strings.Repeat("model_", 60)
			for i := range a.Classes {
				a.Classes[i] = fmt.Sprintf("%d a class with a name that is of quite some length", i)
			}
			for i := range a.Cases {
				a.Cases[i].Slide, a.Cases[i].Note = strings.Repeat("very_long_", 40), strings.Repeat("and so on\n", 60)
			}
		}, 60, 1},
		"another class": {func(a *Agreement, _ *AgreementOptions) {
			a.Classes = append(a.Classes, AnotherClass)
			for i := range a.Table {
				a.Table[i] = append(a.Table[i], 0)
			}
			a.Table = append(a.Table, []int{1, 1, 2, 0})
		}, 20, 1},
		"many classes": {func(a *Agreement, _ *AgreementOptions) {
			a.Classes, a.Table = nil, nil
			for i := range 70 {
				a.Classes = append(a.Classes, fmt.Sprintf("class %d", i))
			}
			for i := range 70 {
				a.Table = append(a.Table, make([]int, 70))
				a.Table[i][69-i] = i + 1
			}
		}, 30, 2},
	} {
		t.Run(name, func(t *testing.T) {
			a := someAgreement(c.n)
			var o AgreementOptions
			c.change(&a, &o)
			pdf := agreementPDF(t, a, o)
			text, pages := pageText(t, pdf), pageCount(pdf)
			if pages < c.pages || pages > c.pages+12 {
				t.Errorf("%d pages", pages)
			}
			if n := strings.Count(text, result.ResearchUse); n != pages+1 {
				t.Errorf("research use is said %d times on %d pages", n, pages)
			}
			if !strings.Contains(text, fmt.Sprintf("Page %d of %d", pages, pages)) {
				t.Error("the last page does not say so")
			}
			wantOnPaper(t, pdf)
		})
	}
}

func TestAgreementRepeats(t *testing.T) {
	var first bytes.Buffer
	if err := WriteAgreement(t.Context(), &first, someAgreement(90), AgreementOptions{Date: anyDate}); err != nil {
		t.Fatal(err)
	}
	var second bytes.Buffer
	if err := WriteAgreement(t.Context(), &second, someAgreement(90), AgreementOptions{Date: anyDate}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("equal reports differ")
	}
}

func TestAgreementRefuses(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	uneven := someAgreement(5)
	uneven.Table = uneven.Table[:2]
	ragged := someAgreement(5)
	ragged.Table[1] = ragged.Table[1][:1]
	for name, c := range map[string]struct {
		ctx  context.Context
		a    Agreement
		want error
	}{
		"rows":      {t.Context(), uneven, nil},
		"columns":   {t.Context(), ragged, nil},
		"cancelled": {ended, someAgreement(5), context.Canceled},
	} {
		var buf bytes.Buffer
		err := WriteAgreement(c.ctx, &buf, c.a, AgreementOptions{})
		if err == nil || c.want != nil && !errors.Is(err, c.want) || buf.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", name, err, buf.Len())
		}
	}
}

func TestAgreementInGerman(t *testing.T) {
	texts, err := LoadAgreementTexts("de")
	if err != nil {
		t.Fatal(err)
	}
	text := pageText(t, agreementPDF(t, someAgreement(20), AgreementOptions{Texts: texts}))
	for _, want := range []string{"Übereinstimmung von Befunder und Modell", "77,8 %", "0,70", "04.03.2025", "Abweichungen: 4", "Nur für Forschungszwecke", result.ResearchUse, "an künstlichem Gewebe", "Seite 1 von 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the report: %s", want, text)
		}
	}
}

// TestAgreementTexts wants the same words in every language, and their verbs.
func TestAgreementTexts(t *testing.T) {
	english, err := LoadAgreementTexts("en")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range assets.Languages() {
		words, err := LoadAgreementTexts(lang)
		if err != nil {
			t.Fatal(err)
		}
		en, v := reflect.ValueOf(english), reflect.ValueOf(words)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if name == "shared" || name == "Day" {
				continue
			}
			if said, want := v.Field(i).String(), en.Field(i).String(); said == "" || strings.Count(said, "%s") != strings.Count(want, "%s") || strings.Count(said, "%%") != strings.Count(want, "%%") {
				t.Errorf("%s: %s is %q, in English %q", lang, name, said, want)
			}
		}
		var keys map[string]string
		if err := json.Unmarshal(assets.AgreementText(lang), &keys); err != nil || len(keys) != en.NumField()-1 {
			t.Errorf("%s has %d keys, %v", lang, len(keys), err)
		}
	}
}

// TestWilson holds the interval against its defining equation.
func TestWilson(t *testing.T) {
	for _, c := range [][2]int{{0, 1}, {1, 1}, {0, 20}, {20, 20}, {15, 18}, {1, 1000}, {500, 1000}} {
		low, high := wilson(c[0], c[1])
		p := float64(c[0]) / float64(c[1])
		if low < 0 || high > 1 || low > p+1e-12 || high < p-1e-12 {
			t.Errorf("%v: %v to %v", c, low, high)
		}
		for _, end := range []float64{low, high} {
			if end <= 1e-12 || end >= 1-1e-12 {
				continue
			}
			if off := math.Abs(p-end) - 1.96*math.Sqrt(end*(1-end)/float64(c[1])); math.Abs(off) > 1e-9 {
				t.Errorf("%v: %v is %v off", c, end, off)
			}
		}
	}
}

// TestAgreementLook writes reports to be looked at.
func TestAgreementLook(t *testing.T) {
	dir := os.Getenv("ZOOMSCOPE_LOOK")
	if dir == "" {
		t.Skip("ZOOMSCOPE_LOOK names no folder for what is to be looked at")
	}
	for _, lang := range assets.Languages() {
		texts, err := LoadAgreementTexts(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{20, 200} {
			pdf := agreementPDF(t, someAgreement(n), AgreementOptions{Version: "1.0", Texts: texts})
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("agreement-%s-%d.pdf", lang, n)), pdf, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
