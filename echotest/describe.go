package echotest

import (
	"strings"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
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
		if d.Files < 0 {
			k.Errorf("Describe(%d).Files = %d, want 0 or more", workers, d.Files)
		}
		if d.MaxSize < 0 {
			k.Errorf("Describe(%d).MaxSize = %d, want 0 or more", workers, int(d.MaxSize))
		}
		if strings.ContainsAny(d.Settings, "\r\n") {
			k.Errorf("Describe(%d).Settings = %q, want one line", workers, d.Settings)
		}
	}
}
