package contract

import (
	"strings"
	"testing"

	"github.com/echobench/echobench/payload"
)

func TestVerify(t *testing.T) {
	req := &payload.Payload{Id: 5, Data: []byte("hello"), Timestamp: 1}
	for _, c := range []struct {
		name  string
		reply *payload.Payload
		every bool
		want  string
	}{
		{"right", &payload.Payload{Id: 5, Data: []byte("hello"), Timestamp: 2}, true, ""},
		{"id", &payload.Payload{Id: 4, Data: []byte("hello"), Timestamp: 2}, false, "id 4, want 5"},
		{"length", &payload.Payload{Id: 5, Data: []byte("hell"), Timestamp: 2}, false, "4 bytes of data, want 5"},
		{"no timestamp", &payload.Payload{Id: 5, Data: []byte("hello")}, false, "no timestamp"},
		{"byte", &payload.Payload{Id: 5, Data: []byte("helLo"), Timestamp: 2}, true, "at byte 3 of 5"},
		{"byte, not looked at", &payload.Payload{Id: 5, Data: []byte("helLo"), Timestamp: 2}, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Verify(req, c.reply, c.every)
			if got := errText(err); c.want == "" && err != nil || !strings.Contains(got, c.want) {
				t.Errorf("verify: %q, want %q", got, c.want)
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
