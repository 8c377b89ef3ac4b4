package claims

import (
	"fmt"
	"slices"
)

// All returns the claims of all studies.
func All() []Claim { return slices.Concat(kernel(), tonic(), gorpc(), guide(), zmq()) }

// Studies returns the studies, in the order of the page.
func Studies() []Study { return studies }

var studies = []Study{
	{
		Key: "kernel", Title: "Protocol Performance Analysis: TCP vs REST vs gRPC",
		Author: "avnlk, a course project at IIIT Bangalore", Address: "https://avnlk.github.io/protocol-analysis.html",
		Environment: "Go 1.25, Linux 6.8, a hybrid desktop processor; the server has one processor and the clients seven; 1,000 requests a client",
	},
	{
		Key: "tonic", Title: "gRPC Performance: tonic (Rust) vs grpc-go Benchmarked at Scale", Author: "speed engine", Address: "DEV Community, 2026-05-25",
		Environment: "AWS c5 instances; the load and the messages are not stated",
	},
	{
		Key: "gorpc", Title: "gorpc: Simple, fast and scalable golang RPC library for high load", Author: "Aliaksandr Valialkin",
		Address: "https://github.com/valyala/gorpc", Environment: "its README, and the pull requests of funny-falcon with Go 1.5 and 10,000 workers",
	},
	{
		Key: "guide", Title: "Practical Networking Patterns in Go", Author: "goperf.dev", Address: "https://goperf.dev/02-networking/",
		Environment: "a guide; most of it is advice without figures",
	},
	{
		Key: "zmq", Title: "Messaging Throughput gRPC vs. ZMQ", Author: "Benjamin Bengfort",
		Address:     "https://bbengfort.github.io/2017/09/message-throughput/",
		Environment: "EC2: each server on one virtual CPU, each client on another machine",
	},
}

// pinned places the ends as the kernel study and the ZeroMQ study did: on processors of their
// own.
var pinned = []string{"-server", "child", "-pin", "client=0 server=1"}

// echo is a command of the root's BenchmarkEcho.
func echo(args ...string) Command { return Command{Package: ".", Bench: "Echo", Args: args} }

// pin is echo with both ends pinned.
func pin(args ...string) Command { return echo(slices.Concat(args, pinned)...) }

// commands are all commands that claims need, by the names of their files of results.
var commands = map[string]Command{
	"sizes":       pin("-proto", "tcp,rest,grpc", "-par", "1", "-metrics", "latency"),
	"clients":     pin("-proto", "tcp,rest,grpc", "-size", "64B", "-metrics", "latency,cpu,kernel").lasting("300ms"),
	"large":       pin("-proto", "tcp,rest,grpc", "-size", "64KiB", "-metrics", "latency").lasting("500ms"),
	"counters":    pin("-proto", "tcp,rest,grpc", "-size", "64B,1KiB,4KiB,16KiB,64KiB", "-par", "1", "-metrics", "latency", "-counters=true"),
	"counters500": pin("-proto", "tcp,rest,grpc", "-size", "64B", "-par", "1,50,500", "-metrics", "latency", "-counters=true"),
	"dense": pin("-proto", "tcp,rest,grpc", "-par", "1", "-metrics", "latency,kernel",
		"-size", "512B,1KiB,2KiB,3KiB,4KiB,6KiB,8KiB,12KiB,16KiB,24KiB,32KiB,48KiB,64KiB"),
	"faults":      pin("-proto", "grpc", "-par", "1", "-metrics", "kernel", "-size", "29KiB,31KiB,32KiB,33KiB"),
	"faultsnogc":  withEnv(pin("-proto", "grpc", "-par", "1", "-metrics", "kernel", "-size", "29KiB,31KiB,32KiB,33KiB"), "GOGC=off"),
	"garbage":     pin("-proto", "rest,grpc", "-size", "4KiB", "-par", "1", "-metrics", "runtime").lasting("500ms"),
	"pools":       pin("-proto", "grpc,grpctiers", "-size", "32704B,32KiB", "-par", "1", "-metrics", "latency"),
	"connections": pin("-proto", "grpc,grpceach", "-size", "64KiB", "-par", "500", "-metrics", "latency").lasting("500ms"),
	"semaphore":   pin("-proto", "tcp,tcpsem50,tcpgrants", "-size", "64KiB", "-par", "500", "-metrics", "latency,kernel").lasting("500ms"),
	"rate":        echo("-proto", "tcp", "-size", "4KiB", "-par", "500", "-rate", "10000", "-metrics", "latency").lasting("1s"),

	"idle":    echo("-proto", "grpc", "-size", "64B", "-par", "50", "-idle", "10000", "-server", "child", "-metrics", "kernel"),
	"active":  echo("-proto", "grpceach", "-size", "64B", "-par", "1000,5000", "-server", "child", "-metrics", "latency").lasting("500ms"),
	"streams": echo("-proto", "grpc,grpcstream", "-size", "64B", "-par", "1,50,100,500,1000", "-metrics", "latency").lasting("300ms"),

	"calls":   echo("-proto", "tcp,rest,grpc,gorpc", "-size", "64B", "-par", "50", "-metrics", "latency,cpu", "-counters=true"),
	"gorpc":   echo("-proto", "gorpc,gorpceach,gorpcbatch,gorpcpipe,gorpcflush", "-size", "64B", "-par", "1,500", "-metrics", "latency"),
	"sockets": echo("-proto", "gorpc,gorpctls,gorpcunix", "-size", "64B", "-par", "50", "-metrics", "latency"),
	"workers": echo("-proto", "gorpc,gorpccompress", "-size", "64B", "-par", "10000", "-metrics", "latency").lasting("500ms"),

	"http":      echo("-proto", "tcp,rest,h2c,grpc", "-size", "64B", "-par", "1,500", "-metrics", "latency"),
	"options":   echo("-proto", "tcp,tcpnagle,tcpbuffers", "-size", "64B,64KiB", "-par", "1,50", "-metrics", "latency"),
	"idletcp":   echo("-proto", "tcp", "-size", "64B", "-par", "50", "-idle", "0,10000", "-server", "child", "-metrics", "latency"),
	"oneproc":   withEnv(echo("-proto", "tcp,grpc", "-size", "64B", "-par", "50", "-metrics", "latency"), "GOMAXPROCS=1"),
	"twoprocs":  withEnv(echo("-proto", "tcp,grpc", "-size", "64B", "-par", "50", "-metrics", "latency"), "GOMAXPROCS=2"),
	"overfloor": {Package: "./tcp", Bench: "OverFloor", Time: "10x"},

	"router": pin("-proto", "zmq,zmqrouter,zmqrouteripc,grpceach", "-size", "64B", "-par", "1,8,50", "-metrics", "latency,cpu"),
	"zmq":    pin("-proto", "tcp,grpc,zmq", "-size", "64B", "-par", "1", "-metrics", "latency"),
}

// withEnv adds variables to a command's environment.
func withEnv(c Command, env ...string) Command {
	c.Env = env
	return c
}

// lasting sets how long each cell measures.
func (c Command) lasting(time string) Command {
	c.Time = time
	return c
}

// A cell is a row of the matrix that a command has measured.
type cell struct{ command, row string }

// of returns a cell of BenchmarkEcho.
func of(command, proto, size string, par int) cell {
	return cell{command, fmt.Sprintf("Echo/proto=%s/size=%s/par=%d", proto, size, par)}
}

// figure returns one of the cell's figures.
func (c cell) figure(unit string) Figure { return Figure{c.command, c.row, unit} }

// ratio returns the ratio of two cells' figures.
func ratio(over, under cell, unit string) Ratio {
	return Ratio{Over: []Figure{over.figure(unit)}, Under: []Figure{under.figure(unit)}}
}

// value returns a figure by itself.
func value(c cell, unit string) Ratio { return Ratio{Over: []Figure{c.figure(unit)}} }

// share returns the ratio of two figures of one cell.
func share(c cell, over, under string) Ratio {
	return Ratio{Over: []Figure{c.figure(over)}, Under: []Figure{c.figure(under)}}
}

// tail returns p99 / p50 of a cell.
func tail(c cell) Ratio { return share(c, "p99-ns", "p50-ns") }

// over returns the quotient of two ratios.
func over(a, b Ratio) Ratio {
	return Ratio{Over: slices.Concat(a.Over, b.Under), Under: slices.Concat(a.Under, b.Over)}
}

// each returns what f makes of every element.
func each[T, R any](of []T, f func(T) R) []R {
	all := make([]R, len(of))
	for i, x := range of {
		all[i] = f(x)
	}
	return all
}
