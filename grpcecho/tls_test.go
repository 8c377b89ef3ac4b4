package grpcecho

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

func TestTLSEncrypts(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls=%t", secure), func(t *testing.T) {
			c, p := testkit.StartProxied(t, &Transport{TLS: secure})
			data := payload.Body(1<<10, 1)
			if err := c.Echo(testkit.Context(t), &payload.Payload{Id: 1, Data: data}, new(payload.Payload)); err != nil {
				t.Fatal(err)
			}
			readable := false
			for _, sent := range p.Streams() {
				readable = readable || bytes.Contains(sent, data)
			}
			if readable == secure {
				t.Errorf("the data is readable on the wire: %t, want %t", readable, !secure)
			}
		})
	}
}

func TestTLSAtOneEndOnly(t *testing.T) {
	for _, secure := range []bool{false, true} {
		srv := listen(t, &Transport{TLS: secure})
		ctx := testkit.Context(t)
		c, err := (&Transport{TLS: !secure}).Dial(ctx, srv.Addr())
		if err == nil || ctx.Err() != nil {
			t.Errorf("TLS at the server %t, at the client %t: Dial: error %v, want one before the context ends", secure, !secure, err)
		}
		if err == nil {
			c.Close()
		}
	}
}
