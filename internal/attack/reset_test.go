package attack

import "net"

// storm connects and resets the connection, again and again: at once, after a part of
// a request, and after a whole one.
func storm(a *assault) error {
	parts := [][]byte{nil, []byte(a.wire.hello)}
	if a.wire.first != nil {
		b := a.wire.start(64)
		parts = append(parts, b[:len(b)/2], b)
	}
	for i := range a.n {
		conn, err := a.connect()
		if err != nil {
			return err
		}
		conn.Write(parts[i%len(parts)])
		if conn, ok := conn.(*net.TCPConn); ok {
			conn.SetLinger(0) // so that Close resets the connection
		}
		a.close(conn)
	}
	return nil
}
