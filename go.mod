module github.com/echobench/echobench

go 1.25.0

require (
	github.com/HdrHistogram/hdrhistogram-go v1.2.0
	github.com/pebbe/zmq4 v1.2.9
	github.com/valyala/gorpc v0.0.0-20160519171614-908281bef774
	go.uber.org/goleak v1.2.1
	golang.org/x/net v0.58.0
	golang.org/x/perf v0.0.0-20231127181059-b53752263861
	golang.org/x/sys v0.47.0
	google.golang.org/grpc v1.83.2
	google.golang.org/protobuf v1.36.11
)

require (
	github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect
	golang.org/x/text v0.41.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260526163538-3dc84a4a5aaa // indirect
)

tool golang.org/x/perf/cmd/benchstat
