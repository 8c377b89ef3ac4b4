package rest

import "github.com/echobench/echobench/echo"

// Variants returns the package's variants, the default Transport first. Each call
// returns new Transports.
func Variants() []echo.Variant {
	return []echo.Variant{
		{Name: "rest", About: "HTTP/1.1 by net/http, one keep-alive connection for each worker", Transport: &Transport{}},
		{Name: "resttls", About: "rest over TLS", Transport: &Transport{TLS: true}},
		{Name: "reststream", About: "rest with bodies without Content-Length", Transport: &Transport{StreamBodies: true}},
		{Name: "h2c", About: "HTTP/2 by net/http without TLS, one connection for all workers", Transport: &Transport{HTTP2: true}},
		{Name: "h2ceach", About: "h2c with one connection for each worker", Transport: &Transport{HTTP2: true, Conns: echo.Each}},
		{Name: "h2cstream", About: "h2c with bodies without Content-Length", Transport: &Transport{HTTP2: true, StreamBodies: true}},
		{Name: "h2", About: "HTTP/2 by net/http over TLS, one connection for all workers", Transport: &Transport{HTTP2: true, TLS: true}},
	}
}
