package attack

import (
	"slices"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
)

// TestServers: beside a few clients that announce messages or send garbage, each server
// serves others, unless its transport declares that it does not, and its Close returns.
func TestServers(t *testing.T) {
	control := startControl(t)
	for i := range targets {
		tg := &targets[i]
		t.Run(tg.variant, func(t *testing.T) {
			t.Parallel()
			d := contract.Describe(transports()[tg.variant], 1)
			if d.Unavailable != nil {
				t.Skip(d.Unavailable)
			}
			for _, c := range []struct{ attack, rule string }{{"announce", "AnnouncedLength"}, {"garbage", "Garbage"}} {
				declared := slices.ContainsFunc(d.Exceptions, func(e echo.Exception) bool { return e.Rule == c.rule })
				r := try(t, c.attack, tg, 12, control, quick)
				if !declared && (r.unserved || r.ended != "") || r.unclosed != "" {
					t.Errorf("%s: %+v, want that others are served and that Close returns", c.attack, r)
				}
			}
		})
	}
}
