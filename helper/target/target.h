/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * target.h: which XDP program is on the interface, and which one to trace.
 *
 * The attached program may be a dispatcher of libxdp.  It calls the programs that its
 * users loaded as its components: they replace its empty functions (BPF_PROG_TYPE_EXT).
 * A user who does not choose gets the attached program, whose verdict is final.
 *
 * Finding a program by its id requires CAP_SYS_ADMIN (bpf_prog_get_fd_by_id()).
 */
#ifndef XDPS_TARGET_H
#define XDPS_TARGET_H

#include "../../common/types.h"

#include "../host/interface.h"

#define XDPS_COMPONENTS_MAX 10		/* of libxdp's dispatcher */

/*
 * The program of a capture that was killed goes away by itself, as fast as the kernel
 * detaches it: in some 40 ms.  A user who starts the next capture at once should not
 * notice.
 */
#define XDPS_LEAVING_STEPS 20
#define XDPS_LEAVING_STEP_NS 10000000	/* 10 ms */

#define XDPS_SHORT_NAME_CHARS 15	/* BPF_OBJ_NAME_LEN, without its NUL */

/* A program that may be traced: the attached one or a component of it. */
struct xdps_program {
	int fd;				/* -1: not open */
	uint32_t id;			/* 0: none */
	char name[XDPS_PROG_CHARS + 1];	/* of its function, from its BTF; else the short name */
	char short_name[XDPS_SHORT_NAME_CHARS + 1];	/* the kernel's; "": none, or unknown */
	uint32_t btf_id;		/* of its function in its BTF; 0: cannot be traced */
	bool is_compiled;		/* to machine code, by the kernel */
	uint32_t type;			/* enum bpf_prog_type */
	uint32_t place;			/* components are called in this order */
};

struct xdps_target {
	struct xdps_program attached;	/* to the interface; id 0: there is none */
	enum xdps_mode mode;		/* native or generic; auto: offloaded to the card */
	bool by_link;			/* the kernel announces nothing that happens to it */
	struct xdps_program components[XDPS_COMPONENTS_MAX];
	unsigned int n_components;
	const struct xdps_program *traced;	/* one of these; NULL: none */
};

void xdps_target_init(struct xdps_target *t);

/*
 * Finds only the id and the mode of the program that is attached; id 0: there is none.
 * Returns 0 or a negative errno.
 */
int xdps_target_query(const struct xdps_interface *iface, uint32_t *id, enum xdps_mode *mode);

/*
 * Looks at the interface and chooses the program that `ask->prog` means.  XDPS_OK:
 * `t->traced` is that program, or NULL if our own program can be attached: there is no
 * other program, or only one in the card, and none was asked for.
 *
 * XDPS_BAD_OPTION     no program there has this name or id, or several have this
 *                     name; the sentence lists those that there are, with their ids
 * XDPS_UNSUPPORTED    prog=, point=exit or action= were asked for, and no program
 *                     is attached
 * XDPS_NO_PERMISSION  there is a program, and it cannot be looked at without
 *                     CAP_SYS_ADMIN; reported after 0.2 s, in which it may go away
 */
enum xdps_status xdps_target_find(struct xdps_target *t, const struct xdps_interface *iface,
				  const struct xdps_request *request, struct xdps_error *err);

/* The second half of that, for what `*t` already holds; asks the kernel nothing. */
enum xdps_status xdps_target_choose(struct xdps_target *t, const char *ifname,
				    const struct xdps_request *request, struct xdps_error *err);

/*
 * Finds everything that is there, for a user who only wants to know; reports at once what
 * it may not look at.  On failure `*t` may have an id, and nothing else.
 */
enum xdps_status xdps_target_survey(struct xdps_target *t, const struct xdps_interface *iface,
				    struct xdps_error *err);

/* Finds only what is attached, and its name if we may know it.  If in doubt, nothing is. */
void xdps_target_look(struct xdps_target *t, const struct xdps_interface *iface);

/* Is the attached program that of an xdpsample capture? */
bool xdps_target_is_own(const struct xdps_target *t);

/*
 * The kernel does not trace a dispatcher that its only component replaces (EBUSY).  Makes
 * that component the target; returns false if there is no such component.
 */
bool xdps_target_use_only_component(struct xdps_target *t);

/* The kernel's flags (XDP_FLAGS_...) for a mode; auto means something else each time. */
uint32_t xdps_target_mode_flags(enum xdps_mode mode, uint32_t of_auto);

/* Is the attached program still the one that was found?  If in doubt, yes. */
bool xdps_target_is_attached(const struct xdps_target *t, const struct xdps_interface *iface);

/*
 * Writes "XDP program NAME (id 7, native mode)" for the traced program, or for the
 * attached one.  If there is not enough room, the name is truncated.
 */
void xdps_target_describe(const struct xdps_target *t, char *buf, size_t size);

void xdps_target_free(struct xdps_target *t);	/* `*t` is then as after init */

#endif
