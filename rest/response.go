package rest

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

const (
	maxErrorText = 256     // bytes of a refusal's body that the error repeats
	maxDrain     = 4 << 10 // further bytes of it that are read to keep the connection
)

// read reads the server's response into reply.
func (c *client) read(resp *http.Response, reply *payload.Payload) error {
	if resp.StatusCode != http.StatusOK {
		return refusal(resp)
	}
	if !isPayload(resp.Header) {
		return fmt.Errorf("response of type %q, want %s without Content-Encoding", resp.Header.Get("Content-Type"), contentType)
	}
	most := maxBody(c.limit)
	if resp.ContentLength > most {
		return fmt.Errorf("response of %d bytes exceeds the limit of %v of data: %w", resp.ContentLength, c.limit, echo.ErrTooLarge)
	}
	body := limitBody(nil, resp.Body, resp.ContentLength, most)
	var err error
	if c.streamBodies {
		err = decode(body, reply, c.limit, nil)
	} else {
		err = readAll(body, resp.ContentLength, c.limit, reply)
	}
	if isTooLong(err) {
		return fmt.Errorf("response exceeds the limit of %v of data: %w", c.limit, echo.ErrTooLarge)
	}
	if err != nil {
		return fmt.Errorf("reading the response: %w", err)
	}
	return nil
}

// readAll reads a body and decodes it. length is the body's announced length, or
// -1 if there is none; body itself fails after the longest valid length.
func readAll(body io.Reader, length int64, limit payload.Size, reply *payload.Payload) error {
	buf := buffers.Get().(*encoded)
	defer buffers.Put(buf)
	if err := buf.read(body, length, limit); err != nil {
		return err
	}
	if err := payload.Unmarshal(buf.b, reply); err != nil {
		return fmt.Errorf("%w: %v", errNotPayload, err)
	}
	return nil
}

// refusal returns the error for a status other than 200. It reads a short body to
// its end, so that the connection can be used again.
func refusal(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorText))
	io.CopyN(io.Discard, resp.Body, maxDrain)
	err := fmt.Errorf("server answered %s: %q", resp.Status, strings.TrimSpace(string(text)))
	switch resp.StatusCode {
	case http.StatusRequestEntityTooLarge:
		return fmt.Errorf("%w: %w", err, echo.ErrTooLarge)
	case http.StatusServiceUnavailable:
		return fmt.Errorf("%w: %w", err, echo.ErrRefused)
	}
	return err
}
