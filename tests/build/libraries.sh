#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The libpcap that was built can take the distribution's place.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"

work=$(mktemp -d) || bail_out "no temporary directory"
trap 'rm -rf "$work"' EXIT

ours=$XDPS_BUILD/lib/libpcap.so.0.8
archive=$XDPS_BUILD/libpcap/libpcap.a
theirs=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p |
	sed -n '/xdpsample/d; s/.*libpcap\.so\.0\.8 .*=> //p' | head -n 1)

exports()
{
	nm -D --defined-only "$1" | awk '{ print $2, $3 }' | LC_ALL=C sort
}

same_version()
{
	[ "$(basename "$(readlink -f "$ours")")" = "$(basename "$(readlink -f "$theirs")")" ]
}

same_exports()
{
	diff -u <(exports "$theirs") <(exports "$ours")
}

# A source of the user's own may be newer than the distribution's.
superset_exports()
{
	comm -23 <(exports "$theirs") <(exports "$ours") >"$work/lost"
	cat "$work/lost"
	[ ! -s "$work/lost" ]
}

soname()
{
	readelf -d "$1" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p'
}

needed()
{
	readelf -d "$1" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | LC_ALL=C sort | paste -sd' '
}

tells_of_xdpsample()
{
	"$XDPS_SRC/run" "$work/shared" | tee "$work/out"
	grep -q 'with xdpsample' "$work/out"
}

tells_of_its_source()
{
	local version

	version=$(cat "$XDPS_BUILD/libpcap/xdpsample.version")
	echo "made from $version, libpcap's VERSION is $(cat "$XDPS_BUILD/libpcap/VERSION")"
	[[ $version = "$(cat "$XDPS_BUILD/libpcap/VERSION")"* ]] &&
		grep -F "libpcap version $version with xdpsample" "$work/out" &&
		"$XDPS_BUILD/xdpsample-helper" --version | tee "$work/out" &&
		grep -qx "xdpsample-helper [0-9.]*, made with libpcap $version" "$work/out"
}

cat >"$work/program.c" <<'END'
#include <stdio.h>
#include <string.h>

/* what <pcap.h> says of them: libpcap0.8-dev need not be there */
typedef struct pcap pcap_t;
const char *pcap_lib_version(void);
pcap_t *pcap_create(const char *, char *);
int pcap_activate(pcap_t *);
char *pcap_geterr(pcap_t *);
void pcap_close(pcap_t *);

int main(int argc, char **argv)
{
	char errbuf[256] = "";
	pcap_t *p;

	puts(pcap_lib_version());
	if (argc == 1)
		return 0;
	p = pcap_create(argv[1], errbuf);
	if (!p) {
		puts(errbuf);
		return 1;
	}
	if (pcap_activate(p) < 0)
		puts(pcap_geterr(p));
	pcap_close(p);
	return 0;
}
END

# As masscan and others do, by the name that libpcap0.8-dev has a file of.
loads_ours_by_name()
{
	cat >"$work/loads.c" <<-'END'
		#include <dlfcn.h>
		#include <stdio.h>

		int main(void)
		{
			void *pcap = dlopen("libpcap.so", RTLD_NOW);
			const char *(*version)(void) = pcap ? dlsym(pcap, "pcap_lib_version") : NULL;

			puts(version ? version() : dlerror());
			return !version;
		}
	END
	${CC:-cc} -o "$work/loads" "$work/loads.c" -ldl
	"$XDPS_SRC/run" "$work/loads" | tee "$work/out"
	grep -q 'with xdpsample' "$work/out"
}

link_shared()
{
	${CC:-cc} -o "$work/shared" "$work/program.c" "$ours"
}

link_archive()
{
	${CC:-cc} -o "$work/archived" "$work/program.c" "$archive" "@$XDPS_BUILD/libpcap/xdpsample.libs"
}

needs_no_libpcap()
{
	needed "$work/archived"
	! needed "$work/archived" | grep -qE 'libpcap|libbpf|libelf'
}

# The module and the engine are in the program: the option parser answers.
archived_program_knows_the_device()
{
	"$work/archived" 'xdpsample:lo:rate=none' | tee "$work/out"
	grep -q 'with xdpsample' "$work/out" && grep -q 'rate' "$work/out"
}

plan 10
if [ -z "$theirs" ]; then
	skip "it exports what the distribution's library does" "the distribution's libpcap0.8 is not installed"
	skip "it has the distribution's soname" "the distribution's libpcap0.8 is not installed"
	skip "it needs the same libraries" "the distribution's libpcap0.8 is not installed"
else
	if same_version; then
		ok "it exports exactly what the distribution's library does" same_exports
		is "it needs the same libraries as the distribution's" \
			"$(needed "$ours")" "$(needed "$theirs")"
	else
		ok "it exports all that the distribution's library of another version does" superset_exports
		skip "it needs the same libraries as the distribution's" "its version is another"
	fi
	is "it has the distribution's soname" "$(soname "$ours")" "$(soname "$theirs")"
fi
ok "a program links with the shared library" link_shared
ok "its version tells that xdpsample is there" tells_of_xdpsample
ok "a program that loads libpcap.so by this name gets it" loads_ours_by_name
ok "it and the helper tell from which source of libpcap it is made" tells_of_its_source
ok "a program links with the archive and nothing of xdpsample besides" link_archive
ok "such a program needs no libpcap, libbpf or libelf" needs_no_libpcap
ok "such a program knows the device" archived_program_knows_the_device
