package echotest

import (
	"slices"
	"strings"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
)

func (k *kit) name() {
	name := k.Transport.Name()
	if !contract.ValidName.MatchString(name) {
		k.Errorf("Name() = %q, want one or more of a-z and 0-9", name)
	}
	if again := k.Transport.Name(); again != name {
		k.Errorf("Name() = %q at the first call and %q at the second", name, again)
	}
}

func (k *kit) describe() {
	tr, ok := k.Transport.(echo.Describer)
	if !ok {
		k.Skip("the transport does not implement echo.Describer")
	}
	for _, workers := range []int{1, 2, 64, 500} {
		d := tr.Describe(workers)
		if d.Clients < 0 || d.Clients > workers {
			k.Errorf("Describe(%d).Clients = %d, want 0 to %d", workers, d.Clients, workers)
		}
		if d.Files < 0 || d.ServerFiles < 0 || d.ServerFiles > d.Files {
			k.Errorf("Describe(%d): Files = %d and ServerFiles = %d, want 0 or more, and no more ServerFiles than Files", workers, d.Files, d.ServerFiles)
		}
		if d.MaxSize < 0 {
			k.Errorf("Describe(%d).MaxSize = %d, want 0 or more", workers, int(d.MaxSize))
		}
		if strings.ContainsAny(d.Settings, "\r\n") {
			k.Errorf("Describe(%d).Settings = %q, want one line", workers, d.Settings)
		}
		k.exceptions(workers, d.Exceptions)
	}
}

// exceptions checks that each Exception names a rule that may be declared, once, and
// has a reason.
func (k *kit) exceptions(workers int, all []echo.Exception) {
	var names []string
	for _, e := range all {
		if !slices.Contains(declarable, e.Rule) {
			k.Errorf("Describe(%d).Exceptions: rule %q, want one of %s", workers, e.Rule, strings.Join(declarable, ", "))
		}
		if slices.Contains(names, e.Rule) {
			k.Errorf("Describe(%d).Exceptions: rule %q twice", workers, e.Rule)
		}
		names = append(names, e.Rule)
		if e.Reason == "" || strings.ContainsAny(e.Reason, "\r\n") {
			k.Errorf("Describe(%d).Exceptions: the reason for %s is %q, want one line", workers, e.Rule, e.Reason)
		}
	}
}
