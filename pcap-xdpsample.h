/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcap-xdpsample.h: what pcap.c needs to know of the xdpsample module: an entry
 * of its table capture_source_types[].
 */

/*
 * Adds "xdpsample:IFACE" for lo and each interface with Ethernet headers if
 * XDPSAMPLE_LIST=1 is in the environment, else nothing.  0; or -1 for want of
 * memory, with text in err_str (PCAP_ERRBUF_SIZE bytes).
 */
int xdpsample_findalldevs(pcap_if_list_t *devlistp, char *err_str);

/*
 * A handle for "xdpsample:IFACE[:key=value]...", to be activated; nothing is
 * attached yet.  *is_ours tells whether `device` is such a name.  NULL if it is
 * not, and then ebuf is untouched; or if it is and is wrong, and then ebuf
 * (PCAP_ERRBUF_SIZE bytes) says what is allowed.
 */
pcap_t *xdpsample_create(const char *device, char *ebuf, int *is_ours);

/*
 * For pcap_lookupnet(), which asks about an interface: where *device is one of our
 * names, it becomes that of the interface, in `ifname` (IF_NAMESIZE bytes); every
 * other name, and NULL, stays.  0; or -1 if it is ours and is wrong, and then
 * errbuf (PCAP_ERRBUF_SIZE bytes) says what is allowed.
 */
int xdpsample_lookup_name(const char **device, char *ifname, char *errbuf);

/*
 * libpcap 1.10.5 gave its internal functions the prefix pcapint_, and is the
 * first to have this macro.
 */
#ifndef PCAP_ERROR_CAPTURE_NOTSUP
#define pcapint_add_dev			add_dev
#define pcapint_breakloop_common	pcap_breakloop_common
#define pcapint_cleanup_live_common	pcap_cleanup_live_common
#define pcapint_fmt_errmsg_for_errno	pcap_fmt_errmsg_for_errno
#define pcapint_install_bpf_program	install_bpf_program
#endif
