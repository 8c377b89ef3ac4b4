module github.com/echobench/echobench/report

go 1.25.0

require (
	github.com/HdrHistogram/hdrhistogram-go v1.2.0
	github.com/echobench/echobench v0.0.0
	github.com/google/pprof v0.0.0-20260709232956-b9395ee17fa0
	golang.org/x/perf v0.0.0-20231127181059-b53752263861
)

require (
	github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)

replace github.com/echobench/echobench => ../
