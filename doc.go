// Package echobench measures what an echo costs over a transport: latency,
// throughput and allocations, at both ends, for every message size and number
// of concurrent callers, in the format that benchstat reads.
package echobench
