#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

typedef struct {
	void *client_context, *server_context;
	void *req, *rep;
	pthread_t answerer;
	int error; // errno of the last call that failed
} cping;

// Each returns 0, or -1 with error set.
int cping_start(cping *p);
int cping_run(cping *p, size_t size, size_t rounds, int64_t *nanoseconds);
int cping_stop(cping *p);
