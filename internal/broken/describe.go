package broken

import "github.com/echobench/echobench/echo"

func describeFaults() []Fault {
	return []Fault{
		{Name: "invalid name", Checks: []string{"Name"}, Transport: &transport{name: "Broken-1"}},
		{Name: "invalid description", Checks: []string{"Describe"}, Transport: &transport{describe: func(d *echo.Description) {
			d.Files = -1
			d.Settings = "two\nlines"
		}}},
	}
}
