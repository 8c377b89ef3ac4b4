package echotest

// TestTransportWithin is TestTransport with a bound on every call.
var TestTransportWithin = testTransport
