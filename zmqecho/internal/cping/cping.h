#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

// A cping_server is a REP socket, the thread that answers on it, and the context of
// the clients.
typedef struct {
	void *server_context, *client_context;
	void *rep;
	char endpoint[64];
	pthread_t answerer;
	int error; // the errno of the last call that failed
} cping_server;

// A cping_client is a REQ socket. One thread at a time may use it.
typedef struct {
	void *req;
	int error; // as above
} cping_client;

// Each of these functions returns 0, or sets the error of its argument and returns
// -1.

// cping_start opens the server's socket and starts the thread.
int cping_start(cping_server *s);

// cping_connect connects a client.
int cping_connect(cping_server *s, cping_client *c);

// cping_run makes so many round trips with the given data, and stores the duration
// of each in nanoseconds, which has room for them. Each round trip but the first
// sends what the one before has received; cping_run compares the last message with
// the data.
int cping_run(cping_client *c, const void *data, size_t size, size_t rounds, int64_t *nanoseconds);

// cping_close closes a client's socket.
int cping_close(cping_client *c);

// cping_stop ends the thread. It waits until all clients are closed.
int cping_stop(cping_server *s);
