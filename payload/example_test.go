package payload_test

import (
	"fmt"

	"github.com/echobench/echobench/payload"
)

func ExampleParseSize() {
	size, err := payload.ParseSize("64KiB")
	fmt.Println(int(size), size, err)
	_, err = payload.ParseSize("64KB")
	fmt.Println(err)
	// Output:
	// 65536 64KiB <nil>
	// payload: size "64KB": want a whole number of B, KiB, MiB or GiB, such as 64B or 4KiB
}

func ExampleAppend() {
	b := payload.Append(nil, &payload.Payload{Id: 7, Data: []byte("hello")})
	fmt.Printf("%d bytes: % x\n", len(b), b)
	var p payload.Payload
	err := payload.Unmarshal(b, &p)
	fmt.Println(p.Id, string(p.Data), err)
	fmt.Println(payload.Unmarshal(b[:12], &p))
	// Output:
	// 16 bytes: 09 07 00 00 00 00 00 00 00 12 05 68 65 6c 6c 6f
	// 7 hello <nil>
	// payload: unexpected EOF
}
