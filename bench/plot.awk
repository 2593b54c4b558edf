# SPDX-License-Identifier: BSD-3-Clause
#
# plot.awk: the bars of the picture, for plot.gp.  Read after stats.awk.
#
# First the bars, one a line: height on the page, length, the measurements' low,
# middle and high, whether it is ours, and the contender.  Then the headings of
# their groups: height on the page, words.  A bar that is much longer than all
# others is cut, and its middle is then larger than its length.

END {
	group("Every packet is taken", "all")
	group("A filter takes none (udp port 53)", "rejects all")
	group("One packet in 1,000 is taken", "rate=1000")
	reference("AF_PACKET, taking all", "AF_PACKET", "all")
	print "# y bar low middle high ours contender"
	for (i = 1; i <= n_bars; i++) {
		cut = middles[i] > longest
		bar = cut ? 1.06 * longest : middles[i] > 0 ? middles[i] : 0
		printf "%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t%s\t%s\n", y - at[i], bar,
			cut ? bar : lows[i], middles[i], cut ? bar : highs[i],
			titles[i] ~ /^xdpsample/, titles[i], sprintf("%.0f", middles[i])
	}
	printf "\n\n# y heading\n"
	for (i = 1; i <= n_headings; i++)
		printf "%.1f\t%s\n", y - heading_at[i], headings[i]
}

function add_bar(title)
{
	at[++n_bars] = y++
	titles[n_bars] = title
	lows[n_bars] = low
	middles[n_bars] = middle
	highs[n_bars] = high
	if (middle > longest && title !~ /wake-up/)
		longest = middle
}

function group(words, setting,	i, c)
{
	y += 0.5
	heading_at[++n_headings] = y++
	headings[n_headings] = words
	for (i = 1; i <= n_contenders["cost"]; i++) {
		c = contenders["cost", i]
		if (c != "XDP_PASS" && c != "nothing attached" &&
		    look_up_cost("cost", c, setting, 64, 96))
			add_bar(c)
	}
}

# What the group before is to be compared with, under a name that says so.
function reference(title, contender, setting)
{
	if (look_up_cost("cost", contender, setting, 64, 96))
		add_bar(title)
}
