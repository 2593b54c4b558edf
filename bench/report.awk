# SPDX-License-Identifier: BSD-3-Clause
#
# report.awk: bench.sh's measurements as tables.  Read after stats.awk.

END {
	printf "\nMedian of %d round%s (lowest..highest).\n", n_rounds, (n_rounds > 1 ? "s" : "")
	if (n_contenders["cost"])
		report_cost()
	if (n_contenders["loss"])
		report_loss()
	if (n_contenders["reader"])
		report_reader()
	if (n_contenders["latency"])
		report_latency()
	if (n_contenders["growth"])
		report_growth()
	if (n_contenders["session"])
		report_session()
	if (n_contenders["bulk"])
		report_bulk()
	if (n_contenders["truth"])
		report_truth()
	report_ratios()
	print ""
}

function number(value)
{
	if (value == int(value))
		return sprintf("%d", value)
	return sprintf(value < 10 && value > -10 ? "%.1f" : "%.0f", value)
}

# What was looked up last, in units of `scale`.
function cell(n, scale)
{
	if (!n)
		return "-"
	if (low == high)
		return number(middle / scale)
	return number(middle / scale) " (" number(low / scale) ".." number(high / scale) ")"
}

function fine_cell(n, scale)
{
	if (!n)
		return "-"
	return sprintf("%.2f (%.2f..%.2f)", middle / scale, low / scale, high / scale)
}

function head(title)
{
	printf "\n%s\n\n", title
}

# A line of a first column and up to five others.
function row(name, a, b, c, d, e,	line)
{
	line = sprintf("%-19s %15s %15s %15s %15s %15s", name, a, b, c, d, e)
	sub(/ +$/, "", line)
	print line
}

# The same with four that are wider: counts of packets are long.
function wide_row(name, a, b, c, d,	line)
{
	line = sprintf("%-19s %15s %23s %23s %15s", name, a, b, c, d)
	sub(/ +$/, "", line)
	print line
}

# Thousands, where digits would not tell more; a star, where some were lost.
function cost_cell(contender, setting, frame, snaplen,	n, text)
{
	n = look_up_cost("cost", contender, setting, frame, snaplen)
	text = cell(n, 1)
	if (n && middle >= 2000)
		text = sprintf("%.1fk (%.1f..%.1f)", middle / 1000, low / 1000, high / 1000)
	return text (sum("cost", contender, setting, frame, snaplen, "lost") ? "*" : "")
}

function report_cost(	i, c, f, frame, frames)
{
	split("64 512 1500", frames, " ")
	head("PATH: ns per packet above XDP_PASS; every packet is captured")
	row("", "64 bytes", "96 of 512", "all 512", "96 of 1500", "all 1500")
	for (i = 1; i <= n_contenders["cost"]; i++) {
		c = contenders["cost", i]
		row(c, cost_cell(c, "all", 64, 96), cost_cell(c, "all", 512, 96),
		    cost_cell(c, "all", 512, 0), cost_cell(c, "all", 1500, 96),
		    cost_cell(c, "all", 1500, 0))
	}
	for (f = 1; f in frames; f++) {
		frame = frames[f]
		look_up_pass(frame)
		whole[f] = whole_ns
	}
	printf "\nXDP_PASS itself, from the sender to the receiver: %.0f, %.0f and %.0f ns.\n",
		whole[1], whole[2], whole[3]
	print "* some packets were lost, which makes the figure lower"

	head("PATH: ns per packet above XDP_PASS; some packets are captured, or none")
	row("", "rate=100", "rate=1000", "filter takes 1 %", "rejects all", "... by 20 terms")
	for (f = 1; f in frames; f++) {
		frame = frames[f]
		print frame " bytes"
		for (i = 1; i <= n_contenders["cost"]; i++) {
			c = contenders["cost", i]
			if (look_up_cost("cost", c, "rejects all", frame, 96))
				row(c, cost_cell(c, "rate=100", frame, 96),
				    cost_cell(c, "rate=1000", frame, 96), cost_cell(c, "takes 1 %", frame, 96),
				    cost_cell(c, "rejects all", frame, 96),
				    frame > 64 ? "" : cost_cell(c, "rejects all by 20 terms", frame, 96))
		}
	}
}

function loss_cell(contender, quantity, scale)
{
	return cell(look_up("loss", contender, "all", 64, 0, quantity), scale)
}

function report_loss(	i, c, lossless)
{
	look_up("loss", contenders["loss", 1], "all", 64, 0, "sent")
	head(sprintf("LOSS: %d packets of 64 bytes at the sender's full rate, written whole to a file, default settings",
		     middle))
	wide_row("", "sent, 1000/s", "captured", "reported lost", "no loss, 1000/s")
	for (i = 1; i <= n_contenders["loss"]; i++) {
		c = contenders["loss", i]
		lossless = loss_cell(c, "lossless_pps", 1000)
		wide_row(c, loss_cell(c, "rate_pps", 1000), loss_cell(c, "captured", 1),
		    loss_cell(c, "lost", 1), lossless == "-" ? "full rate" : lossless)
	}
	print "\nCapturing a packet slows its sender down, so the full rate is that of the whole path."
}

function report_reader(	i, c)
{
	head("READER: CPU seconds (user + system) per million packets written to a file; peak memory")
	row("", "at 100,000/s", "at full rate", "memory, MiB")
	for (i = 1; i <= n_contenders["reader"]; i++) {
		c = contenders["reader", i]
		row(c, fine_cell(look_up("reader", c, 100000, 64, 0, "reader_ns"), 1000),
		    fine_cell(look_up("loss", c, "all", 64, 0, "reader_ns"), 1000),
		    cell(look_up("reader", c, 100000, 64, 0, "peak_kib"), 1024))
	}
	print "\nMemory is the reader's own, including the rings that it maps."
}

function latency_cell(contender, setting, quantity, scale)
{
	return cell(look_up("latency", contender, setting, 64, 96, quantity), scale)
}

function report_latency(	i, c)
{
	head("LATENCY: from the kernel's time stamp to the callback, at 1,000 packets a second")
	row("", "default, ms", "99 %, ms", "immediate, us", "99 %, us")
	for (i = 1; i <= n_contenders["latency"]; i++) {
		c = contenders["latency", i]
		row(c, latency_cell(c, "default", "median_us", 1000),
		    latency_cell(c, "default", "p99_us", 1000),
		    latency_cell(c, "immediate", "median_us", 1),
		    latency_cell(c, "immediate", "p99_us", 1))
	}
	print "\nBy default, packets are batched for as long as the program's timeout, here 100 ms."
}

function growth_cell(contender, setting, quantity, scale)
{
	return cell(look_up("growth", contender, setting, 64, 96, quantity), scale)
}

function report_growth(	i, c, k, s, one, n, rings, sizes)
{
	n = split("1 2 8 32 64", rings, " ")
	head("GROWTH: the merge of simulated rings, ns per packet")
	row("rings", "ns", "vs. 1 ring")
	for (k = 1; k <= n; k++) {
		look_up("growth", "merge", rings[k], 64, 96, "merge_ns")
		if (k == 1)
			one = middle
		row("  " rings[k], cell(1, 1), sprintf("%.2f", middle / one))
	}
	n = split("64 256 1024 4096 16384", sizes, " ")
	head("GROWTH: rings of other sizes; packets of 64 bytes at full rate")
	wide_row("", "cost, ns", "sent", "lost", "sent, 1000/s")
	for (i = 2; i <= n_contenders["growth"]; i++) {
		c = contenders["growth", i]
		print c
		for (k = 1; k <= n; k++) {
			s = sizes[k]
			wide_row(sprintf("%7d KiB a ring", s), cell(look_up_cost("growth", c, s, 64, 96), 1),
				 growth_cell(c, s, "sent", 1), growth_cell(c, s, "lost", 1),
				 growth_cell(c, s, "rate_pps", 1000))
		}
	}
	if (!n_contenders["cost"])
		print "\nThe cost of XDP_PASS on the same veth is subtracted only if the section cost runs as well."
	head("GROWTH: several CPUs send at full rate; default settings")
	wide_row("", "sent, 1000/s", "captured", "reported lost", "sent")
	for (i = 2; i <= n_contenders["growth"]; i++) {
		c = contenders["growth", i]
		print c
		for (k = 1; look_up("growth", c, k, 64, 96, "cpus_sent"); k *= 2)
			wide_row(sprintf("%7d CPU%s", k, k > 1 ? "s" : ""), growth_cell(c, k, "cpus_pps", 1000),
				 growth_cell(c, k, "cpus_captured", 1), growth_cell(c, k, "cpus_lost", 1),
				 growth_cell(c, k, "cpus_sent", 1))
	}
	print "\nWhen all CPUs send, one of them has to read as well."
}

function session_cell(contender, quantity, scale)
{
	return fine_cell(look_up("session", contender, "all", 64, 0, quantity), scale)
}

function report_session(	i, c)
{
	head("SESSION: time to start a capture, to change its filter, and to end it, in ms")
	row("", "pcap_activate", "pcap_setfilter", "pcap_close")
	for (i = 1; i <= n_contenders["session"]; i++) {
		c = contenders["session", i]
		if (look_up("session", c, "all", 64, 0, "activate_us"))
			row(c, cell(look_up("session", c, "all", 64, 0, "activate_us"), 1000),
			    session_cell(c, "filter_us", 1000),
			    cell(look_up("session", c, "all", 64, 0, "close_us"), 1000))
	}
	head("SESSION: memory besides the rings, in MiB")
	row("", "tcpdump", "helper", "maps, programs")
	for (i = 1; i <= n_contenders["session"]; i++) {
		c = contenders["session", i]
		if (look_up("session", c, "all", 64, 0, "reader_kib"))
			row(c, session_cell(c, "reader_kib", 1024), session_cell(c, "helper_kib", 1024),
			    session_cell(c, "kernel_kib", 1024))
	}
	print "\nPeaks (VmHWM) minus the mapped rings; the libraries' shared pages count in full."
}

function bulk_cell(contender, setting, quantity, scale)
{
	return fine_cell(look_up("bulk", contender, setting, 64, 96, quantity), scale)
}

function report_bulk(	i, c, k, n, settings)
{
	n = split("all,rejects all", settings, ",")
	head("BULK: the host's own traffic through a veth pair, while one end is captured")
	row("", "TCP, Gbit/s", "sender, s/GB", "receiver, s/GB", "UDP, ns a packet")
	for (i = 1; i <= n_contenders["bulk"]; i++) {
		c = contenders["bulk", i]
		if (c !~ /^nothing/)
			print c
		for (k = 1; k <= n; k++)
			if (look_up("bulk", c, settings[k], 64, 96, "gbit_ps"))
				row(c ~ /^nothing/ ? c : "  " settings[k], bulk_cell(c, settings[k], "gbit_ps", 1),
				    bulk_cell(c, settings[k], "sender_ms", 1000),
				    bulk_cell(c, settings[k], "receiver_ms", 1000),
				    cell(look_up("bulk", c, settings[k], 64, 96, "datagram_ns"), 1))
	}
	print "\nThe sender's CPU pays the cost of a packet on a veth."
}

function truth_cell(contender, quantity)
{
	return cell(look_up("truth", contender, "all", 64, 96, quantity), 1)
}

function date_cell(contender)
{
	look_up("truth", contender, "all", 64, 96, "date_off_us")
	return sprintf("%.3f (%.3f..%.3f)", middle / 1000, low / 1000, high / 1000)
}

function report_truth(	i, c)
{
	head("TRUTH: error of time stamps against the network stack's; packets of two CPUs out of order; SIGKILL")
	wide_row("", "stays if killed", "times off, ms", "captured", "out of order")
	for (i = 1; i <= n_contenders["truth"]; i++) {
		c = contenders["truth", i]
		wide_row(c, sum("truth", c, "all", 64, 96, "stays") ? "yes" : "no", date_cell(c),
		    truth_cell(c, "order_captured"), truth_cell(c, "disordered"))
	}
}

# The ratio of two medians, with what it is wanted to be.

function medians(quantity, contender)
{
	if (quantity == "begin")
		look_up("session", contender, "all", 64, 0, "activate_us")
	else if (quantity == "end")
		look_up("session", contender, "all", 64, 0, "close_us")
	else if (quantity == "reader")
		look_up("reader", contender, 100000, 64, 0, "reader_ns")
	else if (quantity == "reader at full rate")
		look_up("loss", contender, "all", 64, 0, "reader_ns")
	else if (quantity == "rings")
		look_up("growth", "merge", contender, 64, 96, "merge_ns")
	else
		look_up_cost("cost", contender, quantity, 64, 96)
	return middle
}

function ratio(a, of_a, b, of_b,	x, y)
{
	x = medians(a, of_a)
	y = medians(b, of_b)
	return x == "" || y == "" || y == 0 ? "-" : sprintf("%.2f", x / y)
}

# The most that was lost in a round, and the memory that a capture takes more
# than tcpdump on AF_PACKET does.
function most_lost(contender)
{
	return look_up("loss", contender, "all", 64, 0, "lost") ? number(high) : "-"
}

function memory_mib(contender,	kib)
{
	if (!look_up("session", contender, "all", 64, 0, "reader_kib"))
		return "-"
	kib = middle
	look_up("session", contender, "all", 64, 0, "helper_kib")
	kib += middle
	look_up("session", contender, "all", 64, 0, "kernel_kib")
	kib += middle
	look_up("session", "AF_PACKET", "all", 64, 0, "reader_kib")
	return sprintf("%.1f", (kib - middle) / 1024)
}

function variants(section,	i, c, n)
{
	for (i = 1; i <= n_contenders[section]; i++) {
		c = contenders[section, i]
		if (c ~ /^xdpsample/ && !(c in has_column)) {
			has_column[c]
			columns[++n_columns] = c
		}
	}
}

# Left out, if its section did not run.
function ratio_row(name, kind, wanted,	i, c, line, value, known)
{
	line = sprintf("%-52s", name)
	for (i = 1; i <= n_columns; i++) {
		c = columns[i]
		if (kind == "all")
			value = ratio("all", c, "all", "AF_PACKET")
		else if (kind == "xdpdump")
			value = ratio("all", c, "all", "xdpdump")
		else if (kind == "none")
			value = ratio("rejects all", c, "rejects all", "AF_PACKET")
		else if (kind == "sampled")
			value = ratio("rate=1000", c, "all", "AF_PACKET")
		else if (kind == "lost")
			value = most_lost(c)
		else if (kind == "rings")
			value = i == 1 ? ratio("rings", 64, "rings", 2) : ""
		else if (kind == "memory")
			value = memory_mib(c)
		else
			value = ratio(kind, c, kind, "AF_PACKET")
		line = line sprintf(" %19s", value)
		known = known || value ~ /[0-9]/
	}
	if (known)
		printf "%s  %8s\n", line, "<= " wanted
}

function report_ratios(	i, line)
{
	variants("cost"); variants("loss"); variants("reader"); variants("session")
	if (!n_columns)
		return
	head("RATIOS of the medians above, and their targets")
	line = sprintf("%-52s", "")
	for (i = 1; i <= n_columns; i++)
		line = line sprintf(" %19s", columns[i])
	print line
	ratio_row("path, captures all 64-byte packets / AF_PACKET", "all", "0.5")
	ratio_row("path, captures all 64-byte packets / xdpdump", "xdpdump", "0.3")
	ratio_row("path, filter rejects all / AF_PACKET, the same filter", "none", "0.3")
	ratio_row("path, rate=1000 / AF_PACKET, captures all", "sampled", "0.08")
	ratio_row("packets lost at full rate, default settings", "lost", "0")
	ratio_row("reader's CPU time at 100,000/s / AF_PACKET", "reader", "1")
	ratio_row("reader's CPU time at full rate / AF_PACKET", "reader at full rate", "1")
	ratio_row("merge, 64 rings / 2 rings", "rings", "6")
	ratio_row("MiB besides the rings, above tcpdump on AF_PACKET", "memory", "16")
	ratio_row("pcap_activate / AF_PACKET", "begin", "3")
	ratio_row("pcap_close / AF_PACKET", "end", "3")
}
