package broken

import "github.com/echobench/echobench/echo"

// describeFaults returns transports whose name or Description is wrong.
func describeFaults() []Fault {
	fault := func(name string, describe func(*echo.Description)) Fault {
		return Fault{Name: name, Checks: []string{"Describe"}, Alone: true, Transport: &transport{describe: describe}}
	}
	except := func(all ...echo.Exception) func(*echo.Description) {
		return func(d *echo.Description) { d.Exceptions = all }
	}
	const reason = "the library has no option"
	kept := fault("a rule that it keeps is declared", except(echo.Exception{Rule: "AddressInUse", Reason: reason}))
	kept.Checks = []string{"AddressInUse"}
	return []Fault{
		{Name: "invalid name", Checks: []string{"Name"}, Transport: &transport{name: "Broken-1"}},
		{Name: "invalid description", Checks: []string{"Describe"}, Transport: &transport{describe: func(d *echo.Description) {
			d.Files = -1
			d.Settings = "two\nlines"
		}}},
		fault("more files of the server than files", func(d *echo.Description) { d.Files, d.ServerFiles = 2, 3 }),
		fault("declares a rule that must be kept", except(echo.Exception{Rule: "Wire", Reason: reason})),
		fault("declares a rule twice", except(echo.Exception{Rule: "Garbage", Reason: reason}, echo.Exception{Rule: "Garbage", Reason: reason})),
		fault("declares a rule without a reason", except(echo.Exception{Rule: "Garbage"})),
		kept,
	}
}

// Declared returns a transport that breaks two rules, and says so.
func Declared() echo.Transport {
	const reason = "Listen chooses another address"
	return &transport{listen: listenAnywhere, describe: func(d *echo.Description) {
		d.Exceptions = []echo.Exception{{Rule: "AddressInUse", Reason: reason}, {Rule: "BadAddress", Reason: reason}}
	}}
}
