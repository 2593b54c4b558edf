# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
#
# apt on a state of its own, to be sourced: packages of any of the distribution's
# releases, from where this machine's own packages come from, with nothing of the
# system's changed or needed to be up to date.  What is fetched is checked as
# ever: against lists that the distribution has signed, by the keys that the
# machine's entries name.
#
#	private_apt DIR
#	apt_stanzas deb bullseye >DIR/sources.list.d/distribution.sources
#	apt-get -c DIR/apt.conf update

# shellcheck disable=SC2034	# for who sources this
ID=
PRETTY_NAME=
VERSION_CODENAME=
# shellcheck source=/dev/null
[ ! -r /etc/os-release ] || . /etc/os-release

# private_apt DIR: a state and a configuration in DIR; DIR/sources.list.d is empty
private_apt()
{
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/sources.list.d"
	# Hooks of the system are for its own state.
	cat >"$1/apt.conf" <<-END
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		Dir::State::Lists "$1/lists";
		Dir::Etc::SourceList "/dev/null";
		Dir::Etc::SourceParts "$1/sources.list.d";
		Dir::Cache "$1/cache";
		APT::Sandbox::User "root";
		APT::Get::List-Cleanup "false";
		Acquire::Languages "none";
	END
}

# apt_stanzas TYPE SUITE [SUFFIX]: the machine's entries as deb822 stanzas for
# packages of TYPE and of SUITE.  Only the entries of the distribution itself
# count: their suite is its name, with the SUFFIX, such as -security, if there
# is one; then SUITE gets it too.
apt_stanzas()
{
	set -- "$1" "$2${3:-}" "${3:-}"
	eval "$(apt-config shell one_list Dir::Etc::sourcelist/f \
		parts Dir::Etc::sourceparts/d)"
	cat "${one_list:-/dev/null}" "${parts:-/nonexistent}"/*.list 2>/dev/null |
		awk -v codename="$VERSION_CODENAME" -v type="$1" \
			-v wanted="$2" -v suffix="$3" '
		$1 != "deb" { next }
		{
			options = ""
			i = 2
			if ($2 ~ /^\[/) {
				for (;; i++) {
					o = $i
					gsub(/[][]/, "", o)
					if (o ~ /^(signed-by|trusted|check-valid-until)=/) {
						sub(/=/, ": ", o)
						options = options o "\n"
					}
					if ($i ~ /\]$/)
						break
				}
				i++
			}
			suite = $(i + 1)
			if (suite != codename suffix && suite !~ "^((old)*stable|testing|unstable|sid)" suffix "$")
				next
			printf "Types: %s\nURIs: %s\nSuites: %s\n", type, $i, wanted
			printf "Components: main\n%s\n", options
		}' || true
	for f in "${parts:-/nonexistent}"/*.sources; do
		[ -e "$f" ] || continue
		cat "$f"
		echo
	done | awk -v codename="$VERSION_CODENAME" -v type="$1" \
			-v wanted="$2" -v suffix="$3" '
		function flush_stanza() {
			if (is_deb && is_ours && !disabled)
				printf "Types: %s\nSuites: %s\nComponents: main\n%s\n",
				       type, wanted, kept
			kept = ""
			is_deb = is_ours = disabled = keep = 0
		}
		/^#/ { next }
		/^[ \t]*$/ { flush_stanza(); next }
		/^[ \t]/ { if (keep) kept = kept $0 "\n"; next }
		{
			field = tolower($1)
			keep = field ~ /^(uris|signed-by|trusted|check-valid-until):$/
			if (keep)
				kept = kept $0 "\n"
			if (field == "enabled:" && tolower($2) == "no")
				disabled = 1
			for (i = 2; i <= NF; i++) {
				if (field == "types:" && $i == "deb")
					is_deb = 1
				if (field == "suites:" &&
				    ($i == codename suffix || $i ~ "^((old)*stable|testing|unstable|sid)" suffix "$"))
					is_ours = 1
			}
		}
		END { flush_stanza() }'
}
