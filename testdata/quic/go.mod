module example.com/quic

go 1.25.0

require (
	github.com/echobench/echobench v0.0.0
	github.com/quic-go/quic-go v0.60.0
)

require (
	github.com/HdrHistogram/hdrhistogram-go v1.2.0 // indirect
	go.uber.org/goleak v1.2.1 // indirect
	golang.org/x/crypto v0.55.0 // indirect
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)

replace github.com/echobench/echobench => ../..
