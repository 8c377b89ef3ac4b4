package rest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/proxy"
	"github.com/echobench/echobench/payload"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

func TestMessageIsTheEncoding(t *testing.T) {
	for _, p := range []*payload.Payload{
		{},
		{Id: 1},
		{Timestamp: -1},
		{Data: []byte("x")},
		{Id: math.MaxUint64, Timestamp: math.MinInt64},
		{Id: 7, Data: payload.Body(64, 1), Timestamp: 9},
		{Id: 7, Data: payload.Body(4<<20, 1), Timestamp: 9},
	} {
		want := encode(t, p)
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"at once":         func(r io.Reader) io.Reader { return r },
			"half by half":    iotest.HalfReader,
			"in single bytes": iotest.OneByteReader,
		} {
			if name == "in single bytes" && len(want) > 1000 {
				continue
			}
			got, err := io.ReadAll(wrap(newMessage(p)))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes of data, read %s: %v, %d bytes, want the %d of proto.Marshal", len(p.Data), name, err, len(got), len(want))
			}
		}
		var written bytes.Buffer
		if err := newMessage(p).writeTo(&written); err != nil || !bytes.Equal(written.Bytes(), want) {
			t.Errorf("%d bytes of data, written: %v, %d bytes, want the %d of proto.Marshal", len(p.Data), err, written.Len(), len(want))
		}
		m := newMessage(p)
		m.Close()
		if n, err := m.Read(make([]byte, 100)); n != 0 || err == nil || err == io.EOF {
			t.Errorf("Read after Close: %d, %v, want an error", n, err)
		}
	}
}

const decodeLimit = 1 << 10

func fullOf(n int) *payload.Payload {
	return &payload.Payload{Id: math.MaxUint64, Data: payload.Body(n, 1), Timestamp: -1}
}

func TestDecode(t *testing.T) {
	p := fullOf(decodeLimit)
	good := encode(t, p)
	group := protowire.AppendTag(protowire.AppendTag(nil, 4, protowire.StartGroupType), 4, protowire.EndGroupType)
	unknown := protowire.AppendVarint(protowire.AppendTag(nil, 5, protowire.VarintType), 300)
	unknown = protowire.AppendFixed32(protowire.AppendTag(unknown, 6, protowire.Fixed32Type), 1)
	unknown = protowire.AppendFixed64(protowire.AppendTag(unknown, 7, protowire.Fixed64Type), 1)
	unknown = protowire.AppendBytes(protowire.AppendTag(unknown, 8, protowire.BytesType), []byte("hello"))
	unknown = protowire.AppendVarint(protowire.AppendTag(unknown, idField, protowire.VarintType), 3) // an id of another type
	other := errors.New("some other error")
	for _, c := range []struct {
		name string
		in   []byte
		want error // nil: the Payload above
	}{
		{"a Payload", good, nil},
		{"unknown fields first", append(bytes.Clone(unknown), good...), nil},
		{"unknown fields last", append(bytes.Clone(good), unknown...), nil},
		{"twice", append(encode(t, &payload.Payload{Id: 1, Data: []byte("x"), Timestamp: 1}), good...), nil},
		{"truncated tag", append(bytes.Clone(good), 0x80), io.ErrUnexpectedEOF},
		{"truncated integer", good[:5], io.ErrUnexpectedEOF},
		{"truncated length", good[:11], io.ErrUnexpectedEOF},
		{"truncated data", good[:100], io.ErrUnexpectedEOF},
		{"truncated timestamp", good[:len(good)-1], io.ErrUnexpectedEOF},
		{"too much data", encode(t, fullOf(decodeLimit+1)), echo.ErrTooLarge},
		{"4 GiB of data", []byte("\x12\xff\xff\xff\xff\x0f"), echo.ErrTooLarge},
		{"2^63 bytes of data", []byte("\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), echo.ErrTooLarge},
		{"2^63 bytes of something else", []byte("\x42\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), echo.ErrTooLarge},
		{"a length of 65 bits", []byte("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), errNotPayload},
		{"a length of 11 bytes", []byte("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), errNotPayload},
		{"field 0", []byte("\x02\x00"), errNotPayload},
		{"a field number too large", protowire.AppendVarint(nil, 1<<33), errNotPayload},
		{"a group", group, errNotPayload},
		{"wire type 7", []byte("\x0f"), errNotPayload},
		{"ones", bytes.Repeat([]byte{0xff}, 100), errNotPayload},
		{"a connection that fails", nil, other},
	} {
		for name, r := range map[string]io.Reader{
			"at once":           bytes.NewReader(c.in),
			"in single bytes":   iotest.OneByteReader(bytes.NewReader(c.in)),
			"with the last EOF": iotest.DataErrReader(bytes.NewReader(c.in)),
		} {
			if c.want == other {
				r = io.MultiReader(bytes.NewReader(good[:5]), iotest.ErrReader(other))
			}
			got := &payload.Payload{Id: 9, Data: []byte("stale"), Timestamp: 9}
			err := decode(r, got, decodeLimit)
			if !errors.Is(err, c.want) {
				t.Errorf("%s, %s: error %v, want %v", c.name, name, err, c.want)
			} else if err == nil && !proto.Equal(got, p) {
				t.Errorf("%s, %s: got id %d, %d bytes, timestamp %d", c.name, name, got.Id, len(got.Data), got.Timestamp)
			}
		}
	}
}

func TestDecodeClearsThePayload(t *testing.T) {
	got := fullOf(decodeLimit)
	storage := &got.Data[0]
	if err := decode(strings.NewReader(""), got, decodeLimit); err != nil || got.Id != 0 || len(got.Data) != 0 || got.Timestamp != 0 {
		t.Errorf("an empty body: %v, id %d, %d bytes, timestamp %d", err, got.Id, len(got.Data), got.Timestamp)
	}
	if err := decode(bytes.NewReader(encode(t, fullOf(10))), got, decodeLimit); err != nil || len(got.Data) != 10 || &got.Data[0] != storage {
		t.Errorf("%v, %d bytes, want 10 in the storage that was there", err, len(got.Data))
	}
}

// Whatever streams is on the wire as it should be, and any two ends understand
// each other.
func TestStreamedBodies(t *testing.T) {
	for _, c := range []struct{ client, server bool }{{false, false}, {false, true}, {true, false}, {true, true}} {
		t.Run(fmt.Sprintf("client=%t,server=%t", c.client, c.server), func(t *testing.T) {
			srv := listenAndServe(t, &Transport{Stream: c.server})
			p, err := proxy.Start(srv.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			client, err := (&Transport{Stream: c.client}).Dial(t.Context(), p.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			for _, n := range []int{0, 1, 1000, 3000, 64 << 10, 1 << 20} {
				req := &payload.Payload{Id: uint64(n), Data: payload.Body(n, 1), Timestamp: 1}
				var reply payload.Payload
				if err := client.Echo(t.Context(), req, &reply); err != nil || reply.Id != req.Id || !bytes.Equal(reply.Data, req.Data) || reply.Timestamp <= 1 {
					t.Errorf("%d bytes: %v, id %d, %d bytes", n, err, reply.Id, len(reply.Data))
				}
			}
			sent := p.Streams()
			if len(sent) != 1 {
				t.Errorf("%d connections, want 1", len(sent))
			}
			if got := bytes.Contains(sent[0], []byte("Transfer-Encoding: chunked")); got != c.client {
				t.Errorf("requests are chunked: %t, want %t", got, c.client)
			}
			if got := bytes.Contains(sent[0], []byte("Content-Length: ")); got == c.client {
				t.Errorf("requests have a Content-Length: %t, want %t", got, !c.client)
			}

			body := encode(t, fullOf(64<<10))
			resp, err := http.Post("http://"+srv.Addr()+path, contentType, bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			defer http.DefaultClient.CloseIdleConnections()
			defer resp.Body.Close()
			length, chunked := int64(len(body)), false
			if c.server {
				length, chunked = -1, true
			}
			if resp.ContentLength != length || (len(resp.TransferEncoding) == 1) != chunked {
				t.Errorf("answer with Content-Length %d, Transfer-Encoding %v, want %d and chunked: %t", resp.ContentLength, resp.TransferEncoding, length, chunked)
			}
		})
	}
}

// FuzzDecode compares the decoder with protobuf's.
func FuzzDecode(f *testing.F) {
	good := encode(f, &payload.Payload{Id: 7, Data: []byte("hello"), Timestamp: 1})
	f.Add([]byte{})
	f.Add(good)
	f.Add(encode(f, fullOf(decodeLimit)))
	f.Add(encode(f, fullOf(decodeLimit+1)))
	f.Add(append(bytes.Clone(good), good...))
	f.Add(good[:len(good)-1])
	f.Add([]byte("\x12\xff\xff\xff\xff\x0f"))
	f.Add([]byte("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"))
	f.Add([]byte("\x23\x24"))             // a group
	f.Add([]byte("\x28\xac\x02"))         // unknown fields: a varint,
	f.Add([]byte("\x42\x05hello"))        // bytes,
	f.Add([]byte("\x35\x01\x00\x00\x00")) // 4 of them
	f.Add([]byte("\x08\x03"))             // an id of another type
	f.Add([]byte("\x92\x00\x01x"))        // a tag longer than it need be
	f.Fuzz(func(t *testing.T, in []byte) {
		got := &payload.Payload{Id: 9, Data: []byte("stale"), Timestamp: 9}
		err := decode(bytes.NewReader(in), got, decodeLimit)
		if most := 2 * decodeLimit; cap(got.Data) > most {
			t.Errorf("data of %d bytes with a limit of %d", cap(got.Data), decodeLimit)
		}
		var want payload.Payload
		wantErr := proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(in, &want)
		switch {
		case err == nil && wantErr != nil:
			t.Errorf("decoded what protobuf does not: %v", wantErr)
		case err == nil && !proto.Equal(got, &want):
			t.Errorf("got %v, want %v", got, &want)
		case errors.Is(err, echo.ErrTooLarge) && len(in) > decodeLimit, errors.Is(err, errNotPayload) && hasGroup(in):
			// stricter than protobuf
		case err != nil && wantErr == nil:
			t.Errorf("%v, but protobuf decodes it", err)
		}
	})
}

// hasGroup says whether a message has a group.
func hasGroup(in []byte) bool {
	for len(in) > 0 {
		_, kind, n := protowire.ConsumeField(in)
		if n < 0 {
			return false
		}
		if kind == protowire.StartGroupType {
			return true
		}
		in = in[n:]
	}
	return false
}
