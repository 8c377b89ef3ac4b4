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
static int failed(int *error) {
	*error = zmq_errno();
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
static int start(cping_server *s) {
	size_t length = sizeof s->endpoint;
	int linger = 0;
	if ((s->server_context = zmq_ctx_new()) == NULL || (s->client_context = zmq_ctx_new()) == NULL ||
	    (s->rep = zmq_socket(s->server_context, ZMQ_REP)) == NULL ||
	    zmq_setsockopt(s->rep, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
	    zmq_bind(s->rep, "tcp://127.0.0.1:*") != 0 ||
	    zmq_getsockopt(s->rep, ZMQ_LAST_ENDPOINT, s->endpoint, &length) != 0) {
		return failed(&s->error);
	}
	if ((s->error = pthread_create(&s->answerer, NULL, answer, s->rep)) != 0) {
		return -1;
	}
	return 0;
}

int cping_start(cping_server *s) {
	int rc = start(s);
	if (rc != 0) {
		void *none = NULL;
		end(&none, &s->client_context);
		end(&s->rep, &s->server_context);
	}
	return rc;
}

int cping_connect(cping_server *s, cping_client *c) {
	int linger = 0;
	if ((c->req = zmq_socket(s->client_context, ZMQ_REQ)) == NULL) {
		return failed(&c->error);
	}
	if (zmq_setsockopt(c->req, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
	    zmq_connect(c->req, s->endpoint) != 0) {
		failed(&c->error);
		zmq_close(c->req);
		return -1;
	}
	return 0;
}

// now returns the time of a monotonic clock, in nanoseconds.
static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int cping_run(cping_client *c, const void *data, size_t size, size_t rounds, int64_t *nanoseconds) {
	zmq_msg_t msg;
	if (zmq_msg_init_size(&msg, size) != 0) {
		return failed(&c->error);
	}
	memcpy(zmq_msg_data(&msg), data, size);
	int64_t start = now();
	for (size_t i = 0; i < rounds; i++) {
		if (send_message(&msg, c->req) < 0 || receive_message(&msg, c->req) < 0) {
			failed(&c->error);
			zmq_msg_close(&msg);
			return -1;
		}
		if (zmq_msg_size(&msg) != size) {
			c->error = EPROTO;
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
		c->error = EPROTO;
		return -1;
	}
	return 0;
}

int cping_close(cping_client *c) {
	return zmq_close(c->req) == 0 ? 0 : failed(&c->error);
}

int cping_stop(cping_server *s) {
	zmq_ctx_term(s->client_context);
	zmq_ctx_term(s->server_context); // ends the answerer's thread, which closes rep
	if ((s->error = pthread_join(s->answerer, NULL)) != 0) {
		return -1;
	}
	return 0;
}
