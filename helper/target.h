/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * target.h: which XDP program is on the interface, and which is to be traced.
 *
 * What is attached may be a dispatcher of libxdp, which calls the programs that
 * its users loaded as its components: they replace its empty functions
 * (BPF_PROG_TYPE_EXT).  Somebody who asks for nothing gets the attached program,
 * whose verdict is the last word.
 *
 * Finding a program by its id takes CAP_SYS_ADMIN (bpf_prog_get_fd_by_id()).
 */
#ifndef XDPS_TARGET_H
#define XDPS_TARGET_H

#include "../common/protocol.h"

#include "interface.h"

#define XDPS_COMPONENTS_MAX 10		/* of libxdp's dispatcher */

/*
 * A capture whose program was killed goes by itself, as fast as the kernel
 * detaches: some 40 ms.  Who starts the next one at once should not notice.
 */
#define XDPS_LEAVING_STEPS 20
#define XDPS_LEAVING_STEP_NS 10000000	/* 10 ms */

#define XDPS_SHORT_NAME_CHARS 15	/* BPF_OBJ_NAME_LEN, less its NUL */

/* A program that may be traced: the attached one or a component of it. */
struct xdps_program {
	int fd;				/* -1: not open */
	uint32_t id;			/* 0: none */
	char name[XDPS_PROG_CHARS + 1];	/* of its function, from its BTF; else the short name */
	char short_name[XDPS_SHORT_NAME_CHARS + 1];	/* the kernel's; "": none, or not known */
	uint32_t btf_id;		/* of its function in its BTF; 0: cannot be traced */
	bool is_compiled;		/* to machine code, by the kernel */
	uint32_t type;			/* enum bpf_prog_type */
	uint32_t place;			/* components are called in this order */
};

struct xdps_target {
	struct xdps_program attached;	/* to the interface; id 0: no program is */
	enum xdps_mode mode;		/* native or generic; auto: offloaded to the card */
	struct xdps_program components[XDPS_COMPONENTS_MAX];
	unsigned int n_components;
	const struct xdps_program *traced;	/* one of these; NULL: none */
};

void xdps_target_init(struct xdps_target *t);

/*
 * Looks at the interface and chooses what `ask->prog` means.  XDPS_OK: `t->traced` is
 * it, or NULL if our own program can be attached: no other one is, or only in the
 * card, and none was asked for.
 *
 * XDPS_BAD_OPTION     no program there has this name or id, or several have this
 *                     name; the sentence lists those that there are, with their ids
 * XDPS_UNSUPPORTED    prog=, point=exit or action= were asked for, and no program
 *                     is attached
 * XDPS_NO_PERMISSION  there is one, and it cannot be looked at without CAP_SYS_ADMIN;
 *                     told after 0.2 s, in which it may go
 */
enum xdps_status xdps_target_find(struct xdps_target *t, const struct xdps_interface *iface,
				  const struct xdps_request *request, struct xdps_error *err);

/* The second half of that, for what `*t` holds already; asks the kernel nothing. */
enum xdps_status xdps_target_choose(struct xdps_target *t, const char *ifname,
				    const struct xdps_request *request, struct xdps_error *err);

/*
 * All that is there, for somebody who only wants to know it; says at once what it may
 * not look at.  On failure `*t` may have an id, and nothing else.
 */
enum xdps_status xdps_target_survey(struct xdps_target *t, const struct xdps_interface *iface,
				    struct xdps_error *err);

/* Only what is attached; its name if we may know it.  If in doubt, nothing is. */
void xdps_target_look(struct xdps_target *t, const struct xdps_interface *iface);

/* Is what is attached the program of an xdpsample capture? */
bool xdps_target_is_own(const struct xdps_target *t);

/*
 * The kernel does not trace a dispatcher that its only component replaces (EBUSY):
 * makes that component the target; false if it is not so.
 */
bool xdps_target_use_only_component(struct xdps_target *t);

/* Is the attached program still the one that was found?  If in doubt, yes. */
bool xdps_target_is_attached(const struct xdps_target *t, const struct xdps_interface *iface);

/*
 * "XDP program NAME (id 7, native mode)", of the traced one, or the attached one.  Where
 * there is no room for all, the name is cut.
 */
void xdps_target_describe(const struct xdps_target *t, char *buf, size_t size);

void xdps_target_free(struct xdps_target *t);	/* `*t` is then as after init */

#endif
