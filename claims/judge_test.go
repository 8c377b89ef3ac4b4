package claims

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// synthetic returns results of one command, with n rounds of the given values, each of which
// is off by up to 2% in an order that depends on the round.
func synthetic(n int, values map[string]float64) Results {
	var rounds Rounds
	for i := range n {
		round := make(map[point]float64)
		for row, value := range values {
			round[point{row, "ns"}] = value * (1 + 0.02*math.Sin(float64(i*7+int(row[0])*5)))
		}
		rounds = append(rounds, round)
	}
	return Results{"command": rounds}
}

func figure(row string) Figure { return Figure{"command", row, "ns"} }
func one(row string) Ratio     { return Ratio{Over: []Figure{figure(row)}} }

// relations has a claim of each kind of relation that holds, with the value it must have.
var relations = []struct {
	name     string
	relation Relation
	want     float64
}{
	{"ratio", Ratio{Over: []Figure{figure("b")}, Under: []Figure{figure("a")}}, 2},
	{"quotient", over(Ratio{Over: []Figure{figure("d")}, Under: []Figure{figure("c")}}, Ratio{Over: []Figure{figure("b")}, Under: []Figure{figure("a")}}), 10},
	{"jump", Jump{Of: []Ratio{one("a"), one("b"), one("c"), one("d")}, At: 3}, 8},
	{"slope", Slope{Of: []Ratio{one("a"), one("e")}, X: []float64{1, 100}}, 10},
	{"monotone", Monotone{[]Ratio{one("a"), one("b"), one("c"), one("d")}}, 2},
	{"smallest", Extreme{Of: []Ratio{one("b"), one("a"), one("c")}}, 1},
	{"largest", Extreme{Of: []Ratio{one("a"), one("c"), one("b")}, Largest: true}, 5},
}

var rows1 = map[string]float64{"a": 1, "b": 2, "c": 5, "d": 100, "e": 100}

// TestRelations: each relation has the value that it must have, its claim holds if the region
// contains it, and does not if the region is moved to where it must fail.
func TestRelations(t *testing.T) {
	results := synthetic(20, rows1)
	for _, r := range relations {
		t.Run(r.name, func(t *testing.T) {
			c := Claim{Study: "test", Number: r.name, Relation: r.relation, Region: about(r.want, 1.2)}
			j := Judge(c, results, Confidence)
			if j.Verdict != Holds || math.Abs(j.Interval.Ratio/r.want-1) > 0.1 {
				t.Errorf("got %v, want it to hold at about %v", j, r.want)
			}
			c.Region = about(2*r.want, 1.2)
			if j := Judge(c, results, Confidence); j.Verdict != DoesNot {
				t.Errorf("with the region %v got %v, want %v", c.Region, j, DoesNot)
			}
			c.Direction = above(r.want / 2)
			if j := Judge(c, results, Confidence); j.Verdict != OrderOnly {
				t.Errorf("with the region %v and the direction %v got %v, want %v", c.Region, c.Direction, j, OrderOnly)
			}
			c.Region, c.Direction = Range{r.want, 2 * r.want}, Range{}
			if j := Judge(c, results, Confidence); j.Verdict != Unclear {
				t.Errorf("with a region that begins at the value got %v, want %v", j, Unclear)
			}
		})
	}
}

// TestJudgeWithout: claims without results, or without a figure, are not decided.
func TestJudgeWithout(t *testing.T) {
	c := Claim{Study: "test", Relation: one("a"), Region: above(1)}
	few := synthetic(5, rows1)
	other := c
	other.Relation = one("z")
	for _, test := range []struct {
		name    string
		claim   Claim
		results Results
		want    Verdict
	}{
		{"no results", c, nil, NotMeasured},
		{"few rounds", c, few, Unclear},
		{"no such figure", other, synthetic(20, rows1), Unmeasurable},
		{"needs something", Claim{Needs: "something"}, few, Needs},
		{"cannot be measured", Claim{Because: "of something"}, few, Unmeasurable},
	} {
		if got := Judge(test.claim, test.results, Confidence); got.Verdict != test.want || got.Verdict.Decided() {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// TestFollow: a claim that follows from others is no better than the worst of them.
func TestFollow(t *testing.T) {
	for _, test := range []struct {
		of   []Verdict
		want Verdict
	}{
		{[]Verdict{Holds, Holds}, Holds},
		{[]Verdict{OrderOnly, Holds}, OrderOnly},
		{[]Verdict{Holds, Unclear}, Unclear},
		{[]Verdict{Unclear, DoesNot}, DoesNot},
		{[]Verdict{Holds, Needs}, Needs},
		{[]Verdict{Needs, Holds}, Needs},
		{[]Verdict{NotMeasured, Unclear}, NotMeasured},
	} {
		var c Claim
		all := make(map[string]Judgement)
		for i, v := range test.of {
			name := fmt.Sprint(i)
			c.From = append(c.From, name)
			all[name] = Judgement{Verdict: v}
		}
		if got := Follow(c, func(name string) Judgement { return all[name] }); got.Verdict != test.want {
			t.Errorf("%v: got %v, want %v", test.of, got, test.want)
		}
	}
}

// TestCombine: sittings and classes that disagree are shown as such.
func TestCombine(t *testing.T) {
	for _, test := range []struct{ all, sittings, classes []Verdict }{
		{[]Verdict{Holds, Holds}, []Verdict{Holds}, []Verdict{Holds}},
		{[]Verdict{Holds, DoesNot}, []Verdict{Unclear}, []Verdict{Depends}},
		{[]Verdict{DoesNot, OrderOnly}, []Verdict{Unclear}, []Verdict{Depends}},
		{[]Verdict{Holds, OrderOnly}, []Verdict{OrderOnly}, []Verdict{OrderOnly}},
		{[]Verdict{Unclear, Holds}, []Verdict{Holds}, []Verdict{Holds}},
		{[]Verdict{DoesNot, Unclear}, []Verdict{DoesNot}, []Verdict{DoesNot}},
		{[]Verdict{NotMeasured, Unclear}, []Verdict{NotMeasured}, []Verdict{NotMeasured}},
	} {
		all := each(test.all, func(v Verdict) Judgement { return Judgement{Verdict: v} })
		if got := Sittings(all).Verdict; got != test.sittings[0] {
			t.Errorf("sittings with %v: got %v, want %v", test.all, got, test.sittings[0])
		}
		if got := Classes(all).Verdict; got != test.classes[0] {
			t.Errorf("classes with %v: got %v, want %v", test.all, got, test.classes[0])
		}
	}
}

// TestAll checks the data: names are unique, every claim is decided in exactly one way, and
// every figure is one of a command that there is.
func TestAll(t *testing.T) {
	names := make(map[string]bool)
	used := make(map[string]bool)
	for _, c := range All() {
		if names[c.Name()] {
			t.Errorf("%s: there are two claims of this name", c.Name())
		}
		names[c.Name()] = true
		ways := 0
		for _, set := range []bool{c.Relation != nil, c.From != nil, c.Needs != "", c.Because != ""} {
			if set {
				ways++
			}
		}
		if ways != 1 || c.Place == "" || c.Says == "" || c.Figure == "" {
			t.Errorf("%s: %d ways to decide it, want 1; the place, the sentence and the figure must be set", c.Name(), ways)
		}
		if !slices.ContainsFunc(Studies(), func(s Study) bool { return s.Key == c.Study }) {
			t.Errorf("%s: there is no study of this name", c.Name())
		}
		if c.Relation != nil && !(c.Region.Low < c.Region.High && c.direction().contains(c.Region.Low, c.Region.High)) {
			t.Errorf("%s: the region %v is empty, or not in the direction %v", c.Name(), c.Region, c.Direction)
		}
		for _, key := range c.commands() {
			used[key] = true
			if _, ok := commands[key]; !ok {
				t.Errorf("%s: there is no command %s", c.Name(), key)
			}
		}
	}
	for _, c := range All() {
		for _, name := range c.From {
			if !names[name] {
				t.Errorf("%s: there is no claim %s", c.Name(), name)
			}
		}
	}
	for key := range commands {
		if !used[key] {
			t.Errorf("no claim needs the command %s", key)
		}
	}
}

// TestNumbers: every claim of the lists that the studies were read into is here.
func TestNumbers(t *testing.T) {
	have := make(map[string]bool)
	for _, c := range All() {
		have[c.Name()] = true
	}
	for study, last := range map[string]int{"kernel": 57, "tonic": 16, "gorpc": 25, "guide": 18, "zmq": 7} {
		for n := 1; n <= last; n++ {
			if name := fmt.Sprintf("%s/%d", study, n); !have[name] {
				t.Errorf("there is no claim %s", name)
			}
		}
	}
}
