/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcap-xdpsample.h: what pcap.c needs to know about the xdpsample module: an
 * entry in its table capture_source_types[].
 */

/*
 * Adds "xdpsample:IFACE" for lo and for each interface with Ethernet headers if
 * XDPSAMPLE_LIST=1 is in the environment, else nothing.  Returns 0, or -1 if
 * memory runs out; then err_str (PCAP_ERRBUF_SIZE bytes) has the text.
 */
int xdpsample_findalldevs(pcap_if_list_t *devlistp, char *err_str);

/*
 * Makes a handle for "xdpsample:IFACE[:key=value]...", ready to be activated;
 * nothing is attached yet.  *is_ours says whether `device` is such a name.
 * Returns NULL if it is not, and leaves ebuf untouched.  Also returns NULL if
 * it is ours but invalid; then ebuf (PCAP_ERRBUF_SIZE bytes) says what is
 * allowed.
 */
pcap_t *xdpsample_create(const char *device, char *ebuf, int *is_ours);

/*
 * For pcap_lookupnet(), which asks about an interface.  If *device is one of
 * our names, it is replaced by the name of the interface, stored in `ifname`
 * (IF_NAMESIZE bytes).  Any other name, and NULL, is left alone.  Returns 0, or
 * -1 if the name is ours but invalid; then errbuf (PCAP_ERRBUF_SIZE bytes) says
 * what is allowed.
 */
int xdpsample_lookup_name(const char **device, char *ifname, char *errbuf);

/*
 * libpcap 1.10.5 gave its internal functions the prefix pcapint_. It is also
 * the first version to have this macro.
 */
#ifndef PCAP_ERROR_CAPTURE_NOTSUP
#define pcapint_add_dev			add_dev
#define pcapint_breakloop_common	pcap_breakloop_common
#define pcapint_cleanup_live_common	pcap_cleanup_live_common
#define pcapint_fmt_errmsg_for_errno	pcap_fmt_errmsg_for_errno
#define pcapint_install_bpf_program	install_bpf_program
#endif
