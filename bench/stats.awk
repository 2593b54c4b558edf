# SPDX-License-Identifier: BSD-3-Clause
#
# stats.awk: the measurements that bench.sh wrote, and their medians; read before
# report.awk or plot.awk.
#
# A machine, a virtual one above all, has not the same speed in every minute.
# So a cost is kept as a share of what XDP_PASS took beside it, and shown at the
# speed at which XDP_PASS takes its median of the whole run.  No two veths are
# quite alike either: what XDP_PASS takes on rx1 above XDP_PASS on rx0 is
# subtracted, so that a contender is compared with XDP_PASS on the same veth.

BEGIN {
	FS = ","
}

NR == 1 {
	next
}

!(($1, $3) in known) {
	known[$1, $3]
	contenders[$1, ++n_contenders[$1]] = $3
}

$2 > n_rounds {
	n_rounds = $2
}

{
	add($1, $3, $4, $5, $6, $7, $8)
}

$7 == "pass_ns" {
	pass_ns = $8
	add("", "", "", $5, "", "pass_ns", $8)
}

$7 == "cost_ns" {
	add($1, $3, $4, $5, $6, "share", $8 / pass_ns)
}

function add(section, contender, setting, frame, snaplen, quantity, value,	key)
{
	key = section SUBSEP contender SUBSEP setting SUBSEP frame SUBSEP snaplen SUBSEP quantity
	values[key, ++n_values[key]] = value
}

function sort(list, n,	i, j, v)
{
	for (i = 2; i <= n; i++) {
		v = list[i]
		for (j = i - 1; j > 0 && list[j] > v; j--)
			list[j + 1] = list[j]
		list[j + 1] = v
	}
}

# Leaves low, middle (the median) and high, and returns how many there are.
function look_up(section, contender, setting, frame, snaplen, quantity,	key, i, n, list)
{
	key = section SUBSEP contender SUBSEP setting SUBSEP frame SUBSEP snaplen SUBSEP quantity
	n = n_values[key]
	for (i = 1; i <= n; i++)
		list[i] = values[key, i] + 0
	sort(list, n)
	low = list[1]
	high = list[n]
	middle = n ? (list[int((n + 1) / 2)] + list[int(n / 2) + 1]) / 2 : ""
	return n
}

# What XDP_PASS takes: from the sender to the end, and on rx1 above rx0.
function look_up_pass(frame)
{
	look_up("", "", "", frame, "", "pass_ns")
	whole_ns = middle
	look_up("cost", "XDP_PASS", "all", frame, 96, "share")
	veth_ns = middle * whole_ns
}

# The cost in nanoseconds above XDP_PASS.
function look_up_cost(section, contender, setting, frame, snaplen,	n)
{
	look_up_pass(frame)
	n = look_up(section, contender, setting, frame, snaplen, "share")
	low = low * whole_ns - veth_ns
	middle = n ? middle * whole_ns - veth_ns : ""
	high = high * whole_ns - veth_ns
	return n
}

function sum(section, contender, setting, frame, snaplen, quantity,	key, i, all)
{
	key = section SUBSEP contender SUBSEP setting SUBSEP frame SUBSEP snaplen SUBSEP quantity
	for (i = 1; i <= n_values[key]; i++)
		all += values[key, i]
	return all + 0
}
