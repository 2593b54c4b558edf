# SPDX-License-Identifier: BSD-3-Clause
#
# report.awk: bench.sh's measurements as a table.
#
# A machine, a virtual one above all, has not the same speed in every minute.
# So each cost is taken as a share of what XDP_PASS took beside it, and shown at
# the speed at which XDP_PASS takes its median of the whole run.  No two veths
# are quite alike either: what XDP_PASS takes on rx1 above XDP_PASS on rx0 is
# subtracted, so that a contender is compared with XDP_PASS on the same veth.

BEGIN {
	FS = ","
	n_contenders = split("xdp_pass af_packet xdpsample", contenders, " ")
	title["xdp_pass"] = "XDP_PASS"
	title["af_packet"] = "AF_PACKET"
	title["xdpsample"] = "xdpsample"
}

NR == 1 {
	next
}

{
	gsub(/"/, "", $2)
	if (!($2 in known)) {
		known[$2]
		filters[++n_filters] = $2
	}
	key = $2 SUBSEP $3
	costs[key, ++n_costs[key]] = $7 / $6
	n_rounds = n_costs[key]
	lost[key] += $10
	passes[++n_passes] = $6
	bytes = $4
}

function sort(values, n,	i, j, v)
{
	for (i = 2; i <= n; i++) {
		v = values[i]
		for (j = i - 1; j > 0 && values[j] > v; j--)
			values[j + 1] = values[j]
		values[j + 1] = v
	}
}

function median(sorted, n)
{
	return (sorted[int((n + 1) / 2)] + sorted[int(n / 2) + 1]) / 2
}

# A contender's figures with a filter, XDP_PASS first; its median is left in
# middle[contender].
function cell(filter, contender,	key, n, i, values)
{
	key = filter SUBSEP contender
	n = n_costs[key]
	for (i = 1; i <= n; i++)
		values[i] = costs[key, i] * pass_ns
	sort(values, n)
	if (contender == "xdp_pass")
		veth_ns = median(values, n)
	middle[contender] = median(values, n) - veth_ns
	return sprintf("%.1f (%.1f..%.1f)%s", middle[contender], values[1] - veth_ns,
		       values[n] - veth_ns, lost[key] ? "*" : "")
}

function name_of(filter,	terms, parts)
{
	if (filter == "")
		return "none, 96 bytes of all are taken"
	terms = split(filter, parts, / or /)
	return length(filter) > 33 ? parts[1] " or ... (" terms " terms)" : filter
}

END {
	sort(passes, n_passes)
	pass_ns = median(passes, n_passes)
	printf "\nWhat a packet of %d bytes costs on its way, in ns above XDP_PASS (which takes %.0f ns\n", bytes, pass_ns
	printf "from the sender to the end): median of %d rounds (lowest..highest)\n\n", n_rounds
	printf "%-33s", "filter"
	for (c = 1; c <= n_contenders; c++)
		printf " %21s", title[contenders[c]]
	printf " %21s\n", "xdpsample/AF_PACKET"
	for (f = 1; f <= n_filters; f++) {
		printf "%-33s", name_of(filters[f])
		for (c = 1; c <= n_contenders; c++)
			printf " %21s", cell(filters[f], contenders[c])
		printf " %21.2f\n", middle["xdpsample"] / middle["af_packet"]
	}
	for (key in lost)
		n_lost += lost[key]
	printf n_lost ? "\n* of %d packets in all rounds not even a copy was kept, which is cheaper\n\n" : "\n", n_lost
}
