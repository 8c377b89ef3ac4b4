package sample

import (
	"errors"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/base/fdlimit"
	"github.com/echobench/echobench/internal/run/link"
)

// checkFiles checks the limit on file descriptors of the processes that open them. d
// describes the transport for the sample's workers. A child has the limit of its
// parent. A link is in the clients' process, and has two descriptors for each of the
// server's connections.
func (c Config) checkFiles(d echo.Description) error {
	client := fdlimit.Need{Who: "the clients need", Files: d.Files - d.ServerFiles, Idle: c.Idle}
	server := fdlimit.Need{Who: "the server needs", Files: d.ServerFiles, Idle: c.Idle}
	both := "both ends need"
	if c.Idle > 0 {
		client.Each, server.Each = idleFiles(c.Variant.Transport)
	}
	if c.Link != (link.Config{}) {
		client.Who, both = "the clients and the link need", "both ends and the link need"
		client.Files += link.Files + 2*server.Files
		client.Each += 2 * server.Each
	}
	if c.Child != nil {
		return errors.Join(client.Check(), server.CheckChild())
	}
	client.Who = both
	client.Files += server.Files
	client.Each += server.Each
	return client.Check()
}

// idleFiles returns how many descriptors each end opens for one more client.
func idleFiles(tr echo.Transport) (client, server int) {
	one, two := contract.Describe(tr, 1), contract.Describe(tr, 2)
	client, server = one.Files-one.ServerFiles, one.ServerFiles
	if two.Clients > one.Clients {
		return two.Files - two.ServerFiles - client, two.ServerFiles - server
	}
	// Several workers share a client. Of the server's descriptors, those that do not
	// belong to a connection, such as the listener's, do not count.
	return client, min(client, server)
}
