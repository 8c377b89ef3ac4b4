//go:build cgo && !nozmq

#include "cping.h"

#include <errno.h>
#include <string.h>
#include <time.h>

// send_message and receive_message call libzmq again when a signal, such as one of
// the Go runtime, has interrupted it.
static int send_message(zmq_msg_t *msg, void *socket) {
	int rc;
	do {
		rc = zmq_msg_send(msg, socket, 0);
	} while (rc < 0 && zmq_errno() == EINTR);
	return rc;
}

static int receive_message(zmq_msg_t *msg, void *socket) {
	int rc;
	do {
		rc = zmq_msg_recv(msg, socket, 0);
	} while (rc < 0 && zmq_errno() == EINTR);
	return rc;
}

// answer sends each message back until the context is terminated, as local_lat
// does, and closes the socket.
static void *answer(void *rep) {
	zmq_msg_t msg;
	zmq_msg_init(&msg);
	while (receive_message(&msg, rep) >= 0 && send_message(&msg, rep) >= 0) {
	}
	zmq_msg_close(&msg);
	zmq_close(rep);
	return NULL;
}

// failed stores the error of the last call of libzmq, and returns -1.
static int failed(cping *p) {
	p->error = zmq_errno();
	return -1;
}

// end closes a socket and terminates a context, if they exist.
static void end(void **socket, void **context) {
	if (*socket != NULL) {
		zmq_close(*socket);
	}
	if (*context != NULL) {
		zmq_ctx_term(*context);
	}
	*socket = *context = NULL;
}

// start is cping_start without the clean-up after an error.
static int start(cping *p) {
	char endpoint[64];
	size_t length = sizeof endpoint;
	int linger = 0;
	if ((p->server_context = zmq_ctx_new()) == NULL || (p->client_context = zmq_ctx_new()) == NULL ||
	    (p->rep = zmq_socket(p->server_context, ZMQ_REP)) == NULL ||
	    (p->req = zmq_socket(p->client_context, ZMQ_REQ)) == NULL ||
	    zmq_setsockopt(p->rep, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
	    zmq_setsockopt(p->req, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
	    zmq_bind(p->rep, "tcp://127.0.0.1:*") != 0 ||
	    zmq_getsockopt(p->rep, ZMQ_LAST_ENDPOINT, endpoint, &length) != 0 ||
	    zmq_connect(p->req, endpoint) != 0) {
		return failed(p);
	}
	if ((p->error = pthread_create(&p->answerer, NULL, answer, p->rep)) != 0) {
		return -1;
	}
	return 0;
}

int cping_start(cping *p) {
	int rc = start(p);
	if (rc != 0) {
		end(&p->req, &p->client_context);
		end(&p->rep, &p->server_context);
	}
	return rc;
}

// now returns the time of a monotonic clock, in nanoseconds.
static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int cping_run(cping *p, const void *data, size_t size, size_t rounds, int64_t *nanoseconds) {
	zmq_msg_t msg;
	if (zmq_msg_init_size(&msg, size) != 0) {
		return failed(p);
	}
	memcpy(zmq_msg_data(&msg), data, size);
	int64_t start = now();
	for (size_t i = 0; i < rounds; i++) {
		if (send_message(&msg, p->req) < 0 || receive_message(&msg, p->req) < 0) {
			failed(p);
			zmq_msg_close(&msg);
			return -1;
		}
		if (zmq_msg_size(&msg) != size) {
			p->error = EPROTO;
			zmq_msg_close(&msg);
			return -1;
		}
		int64_t end = now();
		nanoseconds[i] = end - start;
		start = end;
	}
	int wrong = memcmp(zmq_msg_data(&msg), data, size) != 0;
	zmq_msg_close(&msg);
	if (wrong) {
		p->error = EPROTO;
		return -1;
	}
	return 0;
}

int cping_stop(cping *p) {
	zmq_close(p->req);
	zmq_ctx_term(p->client_context);
	zmq_ctx_term(p->server_context); // ends the answerer's thread, which closes rep
	if ((p->error = pthread_join(p->answerer, NULL)) != 0) {
		return -1;
	}
	return 0;
}
