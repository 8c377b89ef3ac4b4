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
