#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

// A cping is a REQ socket, a REP socket and the thread that answers on the latter.
typedef struct {
	void *client_context, *server_context;
	void *req, *rep;
	pthread_t answerer;
	int error; // the errno of the last call that failed
} cping;

// Each of these functions returns 0, or sets p->error and returns -1.

// cping_start starts the thread and connects the sockets.
int cping_start(cping *p);

// cping_run makes so many round trips with the given data, and stores the duration
// of each in nanoseconds, which has room for them. Each round trip but the first
// sends what the one before has received; cping_run compares the last message with
// the data.
int cping_run(cping *p, const void *data, size_t size, size_t rounds, int64_t *nanoseconds);

// cping_stop ends the thread and closes the sockets.
int cping_stop(cping *p);
