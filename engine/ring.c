// SPDX-License-Identifier: BSD-3-Clause
/*
 * ring.c: one ring in plain memory, as its reader sees it.
 *
 * The kernel writes for one bpf_perf_event_output() call:
 *
 *	struct perf_event_header	type, misc, size of the whole
 *	u32				size of what follows, rounded up
 *	struct xdps_record		at 4 mod 8: never accessed in place
 *	caplen bytes of the packet
 *
 * Our BPF program writes to a map ring:
 *
 *	struct xdps_record
 *	caplen bytes of the packet
 *	up to 7 bytes of padding
 */
#include "ring.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>

#include "../bpf/record.h"

#include "clock.h"

#define RAW_SIZE_AT sizeof(struct perf_event_header)
#define PERF_RECORD_AT (RAW_SIZE_AT + sizeof(uint32_t))
#define ALIGN_BYTES 8
#define FREE_PART 8			/* 1/8 of a ring is given back at a time */

/*
 * Keeps a function out of the path of each packet of a map ring, which needs the
 * registers.
 */
#define APART __attribute__((noinline))

_Static_assert(XDPS_SNAPLEN_MAX == XDPS_CAPLEN_MAX,
	       "the engine allows the snapshot lengths that the program can copy");
_Static_assert(XDPS_ACTION_UNDECIDED == XDPS_ACTION_NONE,
	       "the engine's undecided value is the record's");
_Static_assert(XDPS_OFFSET_ERROR_NS == XDPS_TAI_OFFSET_ERROR_NS,
	       "the engine and the program allow the same error of the TAI offset");
_Static_assert(XDPS_SCRATCH_BYTES > UINT16_MAX,
	       "perf_event_header.size has 16 bits");

static void start_at(struct xdps_ring *ring, uint64_t tail)
{
	ring->head = ring->tail = ring->freed = tail;
}

void xdps_ring_resume(struct xdps_ring *ring, uint64_t tail)
{
	start_at(ring, tail);
	ring->freed = *ring->tail_at;
	ring->record_bytes = 0;
}

/* Positions are u64 on both sides; the kernel calls them __u64. */
static void place_perf(struct xdps_ring *ring, struct perf_event_mmap_page *page,
		       size_t page_bytes)
{
	ring->data = (unsigned char *)page + page_bytes;
	ring->head_at = (const uint64_t *)&page->data_head;
	ring->tail_at = (uint64_t *)&page->data_tail;
}

int xdps_ring_init_perf(struct xdps_ring *ring, void *map, size_t map_bytes,
			size_t page_bytes)
{
	struct perf_event_mmap_page *page = map;
	size_t data_bytes;

	if (page_bytes < sizeof(*page) || map_bytes <= page_bytes)
		return -EINVAL;
	data_bytes = map_bytes - page_bytes;
	if (data_bytes < ALIGN_BYTES || data_bytes & (data_bytes - 1))
		return -EINVAL;
	/* Linux before 4.1 leaves data_size 0. */
	if (page->data_size && (page->data_offset != page_bytes ||
				page->data_size != data_bytes))
		return -EINVAL;

	*ring = (struct xdps_ring){ .kind = XDPS_RING_PERF, .data_bytes = data_bytes };
	place_perf(ring, page, page_bytes);
	start_at(ring, page->data_tail);
	return 0;
}

void xdps_ring_move(struct xdps_ring *ring, void *map, size_t page_bytes)
{
	place_perf(ring, map, page_bytes);
}

/* Every value of an array map begins at a multiple of 8. */
static size_t map_stride(uint64_t data_bytes)
{
	return data_bytes + XDPS_RING_MARGIN_BYTES;
}

size_t xdps_ring_map_bytes(unsigned int n_rings, uint64_t data_bytes)
{
	return n_rings * map_stride(data_bytes);
}

int xdps_ring_init_map(struct xdps_ring *ring, void *data, uint64_t data_bytes,
		       unsigned int index, void *cpus, unsigned int n_cpus)
{
	struct xdps_cpu *cpu = cpus;

	while (n_cpus && cpu->ring != index) {
		n_cpus--;
		cpu++;
	}
	if (!n_cpus || data_bytes < ALIGN_BYTES || data_bytes & (data_bytes - 1))
		return -EINVAL;
	*ring = (struct xdps_ring){
		.kind = XDPS_RING_MAP,
		.data = data,
		.data_bytes = data_bytes,
		.head_at = (const uint64_t *)&cpu->head,
		.tail_at = (uint64_t *)&cpu->tail,
		.wake_at = (uint64_t *)&cpu->wake_at,
	};
	start_at(ring, cpu->tail);
	return 0;
}

/* The one check that every offset goes through. */
static bool inside(uint64_t limit, uint64_t offset, uint64_t bytes)
{
	return offset <= limit && bytes <= limit - offset;
}

/* The position in the data of the byte that lies `offset` behind the tail. */
static uint64_t position(const struct xdps_ring *ring, uint64_t offset)
{
	return (ring->tail + offset) & (ring->data_bytes - 1);
}

/* Copies from a perf ring; at most data_bytes. */
static void copy(const struct xdps_ring *ring, uint64_t offset, void *to,
		 uint64_t bytes)
{
	uint64_t from = position(ring, offset);
	uint64_t first_bytes = ring->data_bytes - from;

	if (first_bytes > bytes)
		first_bytes = bytes;
	memcpy(to, ring->data + from, first_bytes);
	memcpy((char *)to + first_bytes, ring->data, bytes - first_bytes);
}

/*
 * Pairs with the write barrier before data_head is written, in perf_output_put_handle()
 * in kernel/events/ring_buffer.c, or with the atomic addition in publish() in
 * bpf/map_ring.h: once we have seen the head, we see the records before it.
 */
static uint64_t read_head(const struct xdps_ring *ring)
{
	return __atomic_load_n(ring->head_at, __ATOMIC_ACQUIRE);
}

/*
 * Pairs with the control dependency on data_tail in __perf_output_begin(), which the
 * comment in perf_output_put_handle() draws, or with that on the tail in find_room() in
 * bpf/map_ring.h: the kernel overwrites nothing that we have not read.
 */
void xdps_ring_free(struct xdps_ring *ring)
{
	if (ring->freed == ring->tail)
		return;
	ring->freed = ring->tail;
	__atomic_store_n(ring->tail_at, ring->tail, __ATOMIC_RELEASE);
}

static inline void move_tail(struct xdps_ring *ring, uint64_t bytes)
{
	ring->tail += bytes;
	ring->record_bytes = 0;
	if (ring->read_at)
		*ring->read_at = ring->tail;
	if (ring->tail - ring->freed >= ring->data_bytes / FREE_PART)
		xdps_ring_free(ring);
}

/* Without a valid length there is no next record: discards everything that is known. */
static void drop_all(struct xdps_ring *ring)
{
	ring->broken++;
	move_tail(ring, ring->head - ring->tail);
}

static bool read_perf_header(const struct xdps_ring *ring, uint64_t known_bytes,
			     struct perf_event_header *header)
{
	if (!inside(known_bytes, 0, sizeof(*header)))
		return false;
	copy(ring, 0, header, sizeof(*header));
	return header->size >= sizeof(*header) &&
	       header->size % ALIGN_BYTES == 0 &&
	       inside(known_bytes, 0, header->size);
}

/* Reads the record of a sample of `bytes`; false if a length in it is wrong. */
static bool read_perf_record(const struct xdps_ring *ring, uint64_t bytes,
			     struct xdps_record *rec)
{
	uint32_t raw_bytes;

	if (!inside(bytes, RAW_SIZE_AT, sizeof(raw_bytes)))
		return false;
	copy(ring, RAW_SIZE_AT, &raw_bytes, sizeof(raw_bytes));
	if (!inside(bytes, PERF_RECORD_AT, raw_bytes) ||
	    !inside(raw_bytes, 0, sizeof(*rec)))
		return false;
	copy(ring, PERF_RECORD_AT, rec, sizeof(*rec));
	return inside(raw_bytes, sizeof(*rec), rec->caplen) &&
	       rec->caplen <= rec->len;
}

/* Takes one step towards the next packet; true: it is at the tail. */
static bool look_at_perf(struct xdps_ring *ring, uint64_t known_bytes, uint64_t *mono_ns)
{
	struct perf_event_header header;
	struct xdps_record rec;

	if (!read_perf_header(ring, known_bytes, &header)) {
		drop_all(ring);
		return false;
	}
	if (header.type == PERF_RECORD_SAMPLE) {
		if (read_perf_record(ring, header.size, &rec)) {
			ring->record_bytes = header.size;
			*mono_ns = rec.mono_ns;
			return true;
		}
		ring->broken++;
	}
	move_tail(ring, header.size);
	return false;
}

static struct xdps_record *map_record(const struct xdps_ring *ring)
{
	return (void *)(ring->data + position(ring, 0));
}

static uint32_t map_caplen(const struct xdps_record *rec)
{
	return __atomic_load_n(&rec->caplen, __ATOMIC_RELAXED);
}

/* Size of the record; 0: its length is wrong, so nothing behind it is known. */
static inline uint64_t map_record_bytes(const struct xdps_record *rec, uint32_t caplen,
					uint64_t known_bytes)
{
	uint64_t bytes = (sizeof(*rec) + caplen + ALIGN_BYTES - 1) & ~(ALIGN_BYTES - 1ull);

	return caplen <= XDPS_CAPLEN_MAX && caplen <= rec->len && bytes <= known_bytes ?
		bytes : 0;
}

/* The next record is read when this one is released, and may not be in the cache. */
static inline void found_in_map(struct xdps_ring *ring, const struct xdps_record *rec,
				uint64_t bytes)
{
	ring->record_bytes = bytes;
	__builtin_prefetch((const char *)rec + bytes);
}

/* Does the same in a map ring. */
static bool look_at_map(struct xdps_ring *ring, uint64_t known_bytes, uint64_t *mono_ns)
{
	const struct xdps_record *rec = map_record(ring);
	uint64_t bytes = map_record_bytes(rec, map_caplen(rec), known_bytes);

	if (!bytes) {
		drop_all(ring);
		return false;
	}
	found_in_map(ring, rec, bytes);
	*mono_ns = rec->mono_ns;
	return true;
}

/*
 * Can head and tail be right?  Taking records later only brings the tail closer to the
 * head.
 */
static bool is_sane(const struct xdps_ring *ring)
{
	return ring->head - ring->tail <= ring->data_bytes &&
	       (ring->kind == XDPS_RING_PERF || (ring->head | ring->tail) % ALIGN_BYTES == 0);
}

/* All records that were known have been taken.  Are there more by now? */
static bool look_at_head(struct xdps_ring *ring)
{
	do {
		xdps_ring_free(ring);
		ring->head = read_head(ring);
		if (ring->tail == ring->head)
			return false;
		if (is_sane(ring))
			return true;
		drop_all(ring);
	} while (true);
}

bool xdps_ring_peek(struct xdps_ring *ring, uint64_t *mono_ns)
{
	while (ring->tail != ring->head || look_at_head(ring)) {
		uint64_t known_bytes = ring->head - ring->tail;

		if (ring->kind == XDPS_RING_PERF ? look_at_perf(ring, known_bytes, mono_ns) :
						   look_at_map(ring, known_bytes, mono_ns))
			return true;
	}
	return false;
}

/*
 * Assigns member by member: a whole struct would be cleared first, for each packet.  Uses
 * `caplen` as it was checked: others may have mapped the memory and may change it.
 */
static inline void describe(const struct xdps_record *rec, uint32_t caplen, void *data,
			    struct xdps_packet *pkt, int64_t *tai_offset_ns)
{
	pkt->mono_ns = rec->mono_ns;
	pkt->wall_ns = 0;
	pkt->len = rec->len;
	pkt->caplen = caplen;
	pkt->queue = rec->queue;
	pkt->action = rec->action;
	pkt->sent = rec->direction == XDPS_SENT;
	pkt->filter = rec->filter;
	pkt->filtered = false;
	pkt->data = data;
	*tai_offset_ns = rec->tai_offset_ns;
}

/* What was true for xdps_ring_peek() may not be true now. */
static inline uint32_t checked(const struct xdps_ring *ring, uint64_t packet_at, uint32_t caplen)
{
	return inside(ring->record_bytes, packet_at, caplen) ? caplen : 0;
}

static void copy_out(const struct xdps_ring *ring, void *scratch, struct xdps_packet *pkt,
		     int64_t *tai_offset_ns)
{
	const uint64_t packet_at = PERF_RECORD_AT + sizeof(struct xdps_record);
	struct xdps_record rec;

	copy(ring, PERF_RECORD_AT, &rec, sizeof(rec));
	describe(&rec, checked(ring, packet_at, rec.caplen), scratch, pkt, tai_offset_ns);
	copy(ring, packet_at, scratch, pkt->caplen);
}

/*
 * The caller may write to the packet, as on AF_PACKET: old programs convert its fields in
 * place.  A map ring is mapped writable for that.  The kernel lets nobody write to the
 * data of a perf ring (perf_mmap_fault()), so there the caller gets a copy.  Everything
 * that is needed to advance was read before.
 */
void xdps_ring_packet(const struct xdps_ring *ring, void *scratch,
		      struct xdps_packet *pkt, int64_t *tai_offset_ns)
{
	struct xdps_record *rec;

	if (ring->kind == XDPS_RING_PERF) {
		copy_out(ring, scratch, pkt, tai_offset_ns);
		return;
	}
	rec = map_record(ring);
	describe(rec, checked(ring, sizeof(*rec), rec->caplen), rec + 1, pkt, tai_offset_ns);
}

void xdps_ring_advance(struct xdps_ring *ring)
{
	move_tail(ring, ring->record_bytes);
}

static APART bool next_slow(struct xdps_ring *ring, uint64_t until_ns, void *scratch,
			    struct xdps_packet *pkt, int64_t *tai_offset_ns)
{
	uint64_t mono_ns;

	if (!xdps_ring_peek(ring, &mono_ns) || mono_ns > until_ns)
		return false;
	xdps_ring_packet(ring, scratch, pkt, tai_offset_ns);
	return true;
}

/* Nearly every packet is in a map ring, behind another one that was already known. */
bool xdps_ring_next(struct xdps_ring *ring, uint64_t until_ns, void *scratch,
		    struct xdps_packet *pkt, int64_t *tai_offset_ns)
{
	struct xdps_record *rec;
	uint64_t known_bytes, bytes;
	uint32_t caplen;

	move_tail(ring, ring->record_bytes);
	known_bytes = ring->head - ring->tail;
	if (ring->kind == XDPS_RING_PERF || !known_bytes)
		return next_slow(ring, until_ns, scratch, pkt, tai_offset_ns);
	rec = map_record(ring);
	caplen = map_caplen(rec);
	bytes = map_record_bytes(rec, caplen, known_bytes);
	if (!bytes || rec->mono_ns > until_ns)
		return next_slow(ring, until_ns, scratch, pkt, tai_offset_ns);
	found_in_map(ring, rec, bytes);
	describe(rec, caplen, rec + 1, pkt, tai_offset_ns);
	return true;
}

uint64_t xdps_ring_pending_bytes(const struct xdps_ring *ring)
{
	return read_head(ring) - ring->tail;
}

bool xdps_ring_is_pressed(const struct xdps_ring *ring)
{
	return xdps_ring_pending_bytes(ring) >= ring->data_bytes / 2;
}

void xdps_ring_expect(struct xdps_ring *ring, uint64_t bytes)
{
	ring->plenty_at = read_head(ring) + bytes;
}

bool xdps_ring_has_plenty(const struct xdps_ring *ring)
{
	return read_head(ring) >= ring->plenty_at;
}

/*
 * Stores the request first, and then reads the head.  The BPF program does it the other
 * way round (publish() in bpf/map_ring.h), so at least one of the two sees the other.
 */
bool xdps_ring_arm(struct xdps_ring *ring, uint64_t position)
{
	if (ring->kind == XDPS_RING_PERF)
		return true;
	__atomic_store_n(ring->wake_at, position, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return read_head(ring) < position;
}
