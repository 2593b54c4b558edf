# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# What a packet costs on its way, by its size, by what is copied of it, and by
# which packets are wanted.  Sourced by bench.sh.
#
# shellcheck disable=SC2034,SC2154	# what the other files set and use

# one in so many of those that are sent goes to port 53, where some have to
mark_every=100
short_filter="udp port 53"
long_filter="port 22 or port 25 or port 53 or port 80 or port 110 or port 123 or port 143 or port 179 or port 389 or port 443 or port 465 or port 514 or port 587 or port 636 or port 853 or port 993 or port 995 or host 192.0.2.77 or net 203.0.113.0/24 or icmp"

settings=("all" "rate=100" "rate=1000" "rejects all" "rejects all by 20 terms" "takes 1 %")

# Sets what a setting is, of the contender that is chosen; false: it cannot.
set_up()
{
	setting=$1
	case $setting in
	all)		 ;;
	rate=*)		 device+=:$setting; [[ $can == *rate* ]] ;;
	"rejects all")	 filter=$short_filter; [[ $can == *filter* ]] ;;
	"rejects all by"*) filter=$long_filter; [[ $can == *filter* ]] && [ "$frame_bytes" -eq 64 ] ;;
	"takes 1 %")	 filter=$short_filter mark=$mark_every; [[ $can == *filter* ]] ;;
	esac
}

# The buffer is to have room for all, on every CPU, as far as the machine has: a
# packet that is lost costs less than one that is taken.  xdpdump's cannot be changed.
buffer_kib()
{
	local bytes=$((snaplen_bytes > 0 && snaplen_bytes < frame_bytes ? snaplen_bytes : frame_bytes))
	local kib=$((nproc * (bytes + 128) * packets / 2 / 1024)) most_kib

	most_kib=$(awk '$1 == "MemAvailable:" { print int($2 / 16) }' /proc/meminfo)
	echo $((kib < most_kib ? kib : most_kib))
}

# How many of so many have the mark: the first one is one of them.
marked()
{
	echo $((($1 + mark_every - 1) / mark_every))
}

# What the filter lets through, or the rate; "received" has those that were lost.
check_counts()
{
	local low=$sent high=$sent

	is_tcpdump || return 0
	case $setting in
	rate=*)
		low=0
		high=$((2 * sent / ${setting#rate=} + 100)) ;;
	"rejects all"* | action=*) low=0 high=0 ;;
	"takes 1 %")
		low=$(($(marked "$warm_sent") + $(marked $((sent - warm_sent)))))
		high=$low ;;
	esac
	if grep -q "in user space" "$work/said"; then
		in_user_space[$title, $filter]=1
		high=$sent
	fi
	[[ $received -ge $low && $received -le $high ]] ||
		die "$title ($setting): received $received of $sent packets, not $low to $high"
}

measure_cost()
{
	local buffer=() with=()

	progress "$frame_bytes bytes, $title, $setting"
	if captures; then
		! is_tcpdump || buffer=(-B "$(buffer_kib)")
		must_capture "$work/dev/null" "${buffer[@]}"
	fi
	[ "$how" != pass ] && [ "$how" != af_packet ] || with+=(-p)
	[ "$mark" -eq 0 ] || with+=(-m "$mark")
	warm_up $((2 * packets)) "${with[@]}"
	inject_turns "${with[@]}"
	sent=$((sent + warm_sent))
	record pass_ns "$pass_ns" cost_ns "$cost_ns"
	if captures; then
		end_capture
		check_counts
		record sent "$sent" lost "$dropped"
	fi
}

cost_round()
{
	local wanted contender

	for frame_bytes in 64 512 1500; do
		for wanted in "${settings[@]}"; do
			for contender in "${contenders[@]}"; do
				snaplen_bytes=96
				choose "$contender"
				set_up "$wanted" || continue
				measure_cost
			done
		done
		[ "$frame_bytes" -gt 96 ] || continue
		for contender in "${contenders[@]}"; do
			snaplen_bytes=0
			choose "$contender"
			! captures || measure_cost
		done
	done
}
