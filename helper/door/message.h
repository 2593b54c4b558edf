/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * message.h: receives messages from the engine.
 */
#ifndef XDPS_MESSAGE_H
#define XDPS_MESSAGE_H

#include "../../common/protocol.h"

#define XDPS_PATIENCE_MS 10000		/* with an engine that does not ask, or read */

/* The last message from the engine; the rest of a longer one is lost. */
struct xdps_received {
	_Alignas(uint64_t) char buf[sizeof(struct xdps_request_filter) +
				    XDPS_FILTER_INSNS_MAX * sizeof(struct xdps_insn)];
	size_t bytes;			/* of the whole message */
};

/*
 * Receives the message that is there.  False: there is none, or there will be none any
 * more.  If it carried descriptors, which are not accepted, `err` says so.
 */
bool xdps_message_receive(int sock, struct xdps_received *msg, struct xdps_error *err);

/* Waits for it, for XDPS_PATIENCE_MS. */
bool xdps_message_await(int sock, struct xdps_received *msg, struct xdps_error *err);

#endif
