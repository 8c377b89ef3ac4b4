package commands

import (
	"slices"
	"testing"
)

func TestFindsCommands(t *testing.T) {
	const text = "# One\n\nRun `go test -bench\nX .`, not `gofmt` or `go test`.\n\n" +
		"    make bench    # a comment\n    go test -bench 'a#b' . \\\n        -par 1\n    not a command\n\n" +
		"| table |\n|---|\n| `go test -run 'A\\|B' .` |\n\n```go\ngo test .\n```\n\n```yaml\n      - run: make test\n```\n"
	want := []Command{
		{Section: "One", Line: 3, Text: "go test -bench X .", Inline: true},
		{Section: "One", Line: 4, Text: "go test", Inline: true},
		{Section: "One", Line: 6, Text: "make bench"},
		{Section: "One", Line: 8, Text: "go test -bench 'a#b' . -par 1"},
		{Section: "One", Line: 13, Text: "go test -run 'A|B' .", Inline: true},
		{Section: "One", Line: 20, Text: "make test"},
	}
	if got := inMarkdown(text); !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := inGo("// go test .\n//\tgo test -run A . # why\nfunc f() {}\n"); len(got) != 1 || got[0].Text != "go test -run A ." || got[0].Line != 2 {
		t.Errorf("in a Go comment: %+v", got)
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct{ command, want string }{
		{"go test -bench . -count 10 | tee new.txt", "go test -bench . -count=1 -benchtime=1x -size=64B -par=1,10 | tee new.txt"},
		{"go test -bench . . -proto tcp -par 1,50,10000 -idle 0,10000 -count=10 > f", "go test -bench . . -proto tcp -par=1,50 -idle=0,100 -count=1 -benchtime=1x -size=64B > f"},
		{"go test -run '^$' -bench OverC -benchtime 30x ./zmqecho", "go test -run '^$' -bench OverC -benchtime=1x ./zmqecho"},
		{"go test ./internal/test/soak -soak 10m && go test ./...", "go test ./internal/test/soak -soak=3s && go vet ./..."},
		{"go test -run 'TestA/B' ./a && go test .", "go test -run TestA/B ./a -list=TestA && go test ."},
		{"ECHOBENCH_LONG=1 go test -run X ./a", "ECHOBENCH_LONG=1 go test -run X ./a -list=X"},
		{"make check", "make -n check"},
		{"while :; do :; done & go test .; kill $!", "while : ; do : ; done & go test . ; kill $!"},
	} {
		if got, err := Shorten(c.command); err != nil || got != c.want {
			t.Errorf("Shorten(%s)\n got %s, %v\nwant %s", c.command, got, err, c.want)
		}
	}
}

// TestMistakesAreFound shows that the check of commands finds what is wrong.
func TestMistakesAreFound(t *testing.T) {
	root := moduleRoot(t)
	targets, err := readMakefile(root)
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]testPackage{}
	for _, command := range []string{
		"go test -bench Ecko .", "go test -bench 'Echo|Ecko' .", "go test -bench . . -porto tcp", "go test -bench . . -proto tpc",
		"go test -bench . . -metrics cpus", "go test -bench . . -size 64X", "go test -bench . . -par", "go test -cuont 10 .",
		"go test ./tpc", "go test -bench . ./tcp", "go test -run TestNothing ./tcp", "go test -bench Echo/proto=tcp/size=65B .",
		"go test -bench MaxRate . -slo p99", "go test -run 'TestConformance/.*/Nothing' ./tcp", "go tool benchstat nothing.txt",
		"go tool benchstat -col proto:x README.md", "benchstat -filter '(' README.md", "make nothing", "make bench CUONT=1",
		"make bench PROTO=tpc", "make bench COUNT=x", "make compare WITH=grpc", "git clone https://example.com/x", "nothing", "cd nothing",
		"go get github.com/echobench/other", "go test -bench 'a", "results/bin/x.test -test.run X",
	} {
		c := &checker{root: root, targets: targets, binaries: map[string]string{}, packages: packages}
		if err := c.check(command); err == nil {
			t.Errorf("accepted: %s", command)
		}
	}
}
