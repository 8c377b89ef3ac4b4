package echobench

import (
	"flag"
	"runtime"
	"testing"
)

func TestFirstProcs(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	value := flag.Lookup("test.cpu").Value.String()
	defer func() {
		runtime.GOMAXPROCS(before)
		flag.Set("test.cpu", value)
	}()
	for list, want := range map[string]int{"3": 3, "5,1": 5, " 2 ,1": 2, "": before, "many": before} {
		runtime.GOMAXPROCS(before)
		if err := flag.Set("test.cpu", list); err != nil {
			t.Fatal(err)
		}
		if setFirstProcs(); runtime.GOMAXPROCS(0) != want {
			t.Errorf("-cpu %q: GOMAXPROCS is %d, want %d", list, runtime.GOMAXPROCS(0), want)
		}
	}
}
