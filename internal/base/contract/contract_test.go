package contract

import (
	"reflect"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{"tcp": true, "h2c": true, "": false, "TCP": false, "tcp-1": false, "a b": false, "a=b": false} {
		if got := ValidName.MatchString(name); got != want {
			t.Errorf("ValidName matches %q: %t, want %t", name, got, want)
		}
	}
}

// plain is a Transport that is not a Describer.
type plain struct{ echo.Transport }

// described is a Describer that always returns the same Description.
type described struct {
	echo.Transport
	d echo.Description
}

func (t described) Describe(int) echo.Description { return t.d }

func TestDescribe(t *testing.T) {
	const workers = 10
	for _, c := range []struct {
		name string
		tr   echo.Transport
		want echo.Description
	}{
		{"not a Describer", plain{}, echo.Description{Clients: 10, Files: 20, ServerFiles: 10, Network: "tcp"}},
		{"zero fields", described{}, echo.Description{Clients: 10, Files: 20, ServerFiles: 10, Network: "tcp"}},
		{"negative fields", described{d: echo.Description{Clients: -1, Files: -1}}, echo.Description{Clients: 10, Files: 20, ServerFiles: 10, Network: "tcp"}},
		{"too many clients", described{d: echo.Description{Clients: 11}}, echo.Description{Clients: 10, Files: 20, ServerFiles: 10, Network: "tcp"}},
		{"shared clients", described{d: echo.Description{Clients: 2}}, echo.Description{Clients: 2, Files: 4, ServerFiles: 2, Network: "tcp"}},
		{
			"a listener",
			described{d: echo.Description{Clients: 3, Files: 7}},
			echo.Description{Clients: 3, Files: 7, ServerFiles: 4, Network: "tcp"},
		},
		{
			"all fields",
			described{d: echo.Description{Clients: 2, Files: 7, ServerFiles: 3, MaxSize: 64, Network: "udp", Settings: "s"}},
			echo.Description{Clients: 2, Files: 7, ServerFiles: 3, MaxSize: 64, Network: "udp", Settings: "s"},
		},
	} {
		if got := Describe(c.tr, workers); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: Describe = %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestVerify(t *testing.T) {
	req := &payload.Payload{Id: 5, Data: []byte("hello"), Timestamp: 1}
	for _, c := range []struct {
		name      string
		reply     *payload.Payload
		everyByte bool
		want      string // a part of the error, or empty for no error
	}{
		{"correct", &payload.Payload{Id: 5, Data: []byte("hello"), Timestamp: 2}, true, ""},
		{"wrong id", &payload.Payload{Id: 4, Data: []byte("hello"), Timestamp: 2}, false, "id 4, want 5"},
		{"wrong length", &payload.Payload{Id: 5, Data: []byte("hell"), Timestamp: 2}, false, "4 bytes of data, want 5"},
		{"no timestamp", &payload.Payload{Id: 5, Data: []byte("hello")}, false, "no timestamp"},
		{"wrong byte", &payload.Payload{Id: 5, Data: []byte("helLo"), Timestamp: 2}, true, "at byte 3 of 5"},
		{"wrong byte, not compared", &payload.Payload{Id: 5, Data: []byte("helLo"), Timestamp: 2}, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Verify(req, c.reply, c.everyByte)
			if got := errText(err); c.want == "" && err != nil || !strings.Contains(got, c.want) {
				t.Errorf("Verify: error %q, want one that contains %q", got, c.want)
			}
		})
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
