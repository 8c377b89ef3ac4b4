package gorpcecho

import (
	"time"

	"github.com/echobench/echobench/echo"
)

// Variants returns the package's variants, the default Transport first. Each call
// returns new Transports.
func Variants() []echo.Variant {
	return []echo.Variant{
		{Name: "gorpc", About: "gorpc, one connection for all workers", Transport: &Transport{}},
		{Name: "gorpceach", About: "gorpc, one connection for each worker", Transport: &Transport{Conns: echo.Each}},
		{Name: "gorpcbatch", About: "gorpc, batches of 10 messages", Transport: &Transport{}, Batch: 10},
		{Name: "gorpcpipe", About: "gorpc, 10 requests of each worker in flight", Transport: &Transport{}, Depth: 10},
		{Name: "gorpcflush", About: "gorpc, writes delayed by up to 100µs to share them", Transport: &Transport{FlushDelay: 100 * time.Microsecond}},
		{Name: "gorpccompress", About: "gorpc, compressed with DEFLATE", Transport: &Transport{Compress: true}},
		{Name: "gorpctls", About: "gorpc over TLS", Transport: &Transport{TLS: true}},
		{Name: "gorpcunix", About: "gorpc over a Unix domain socket", Transport: &Transport{Unix: true}},
	}
}
