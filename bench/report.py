#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes tables of what bench.sh measured, or the bars of its picture, or the table
of the section "beside" in doc/comparison.md.

usage: report.py [--bars|--markdown] [--unit UNIT] CSV

UNIT is what a nanosecond in the CSV is called: "instructions" where the machine counts those.

A machine, above all a virtual one, does not have the same speed in every minute.
So a cost is kept as a share of what XDP_PASS took beside it, and is shown at the
speed at which XDP_PASS takes its median of the whole run.  No two veths are quite
alike either: what XDP_PASS takes on rx1 above XDP_PASS on rx0 is subtracted, so
that a contender is compared with XDP_PASS on the same veth.
"""

import re
import statistics
import sys
from collections import defaultdict, namedtuple


PROGRAM_ALONE = "the program alone"     # XDP_PASS of the section "beside"


class Range(namedtuple("Range", "low median high")):
    """The lowest, the median and the highest of some measurements."""

    def each(self, convert):
        return Range(*map(convert, self))


# What the others are compared with; in all other sections it is XDP_PASS.
BARE = {"beside": ("beside", PROGRAM_ALONE), "sent": ("sent", "not captured")}


class Measurements:
    """The lines of the CSV, looked up by what was measured.

    A key is (section, contender, setting, frame_bytes, snaplen_bytes, quantity),
    all of them strings as in the file.
    """

    def __init__(self, lines, unit):
        self.unit = unit
        self.values = defaultdict(list)
        self.pass_ns = defaultdict(list)        # by frame_bytes, of all sections
        self.contenders = defaultdict(list)     # by section, in their order
        self.rounds = 0
        for line in lines:
            self.add(*line.rstrip("\n").split(","))

    def add(self, section, number, contender, setting, frame, snaplen, quantity, text):
        key = section, contender, setting, frame, snaplen
        value = float(text or 0)
        self.rounds = max(self.rounds, int(number))
        if contender not in self.contenders[section]:
            self.contenders[section].append(contender)
        self.values[(*key, quantity)].append(value)
        if quantity == "pass_ns":
            self.pass_ns[frame].append(value)
        elif quantity == "cost_ns":             # its pass_ns was the line before
            self.values[(*key, "share")].append(value / self.pass_ns[frame][-1])

    def range(self, *key):
        values = self.values.get(key)
        return values and Range(min(values), statistics.median(values), max(values))

    def median(self, *key):
        found = self.range(*key)
        return found and found.median

    def any(self, *key):
        return any(self.values.get(key, ()))

    def pass_median_ns(self, frame):
        """What XDP_PASS takes, from the sender to the end."""
        return statistics.median(self.pass_ns[frame])

    def cost_ns(self, section, contender, setting, frame="64", snaplen="96"):
        """Range of the cost above what is not captured."""
        share = self.range(section, contender, setting, frame, snaplen, "share")
        if not share:
            return None
        pass_ns = self.pass_median_ns(frame)
        bare = BARE.get(section, ("cost", "XDP_PASS"))
        veth = self.median(*bare, "all", frame, "96", "share") or 0
        return share.each(lambda value: value * pass_ns - veth * pass_ns)

    def cost_median_ns(self, contender, setting):
        cost = self.cost_ns("cost", contender, setting)
        return cost and cost.median


# What stands in a table.

def number(value):
    if value == int(value):
        return str(int(value))
    return f"{value:.1f}" if -10 < value < 10 else f"{value:.0f}"


def cell(found, scale=1):
    if not found:
        return "-"
    if found.low == found.high:
        return number(found.median / scale)
    low, median, high = found.each(lambda value: number(value / scale))
    return f"{median} ({low}..{high})"


def fine_cell(found, scale=1, digits=2):
    if not found:
        return "-"
    low, median, high = found.each(lambda value: f"{value / scale:.{digits}f}")
    return f"{median} ({low}..{high})"


def head(title):
    print(f"\n{title}\n")


def line(name, cells, widths):
    print(f"{name:<19}", *(f"{text:>{width}}" for text, width in zip(cells, widths)))


def row(name, *cells):
    line(name, cells, (15, 15, 15, 15, 15))


def wide_row(name, *cells):
    """Counts of packets are long."""
    line(name, cells, (15, 23, 23, 15))


# The sections.

# The frame's bytes, and the snapshot length; "0" is all of the frame.
LENGTHS = ("64", "96"), ("512", "96"), ("512", "0"), ("1500", "96"), ("1500", "0")
LENGTH_HEADS = "64 bytes", "96 of 512", "all 512", "96 of 1500", "all 1500"


def cost_cell(m, contender, setting, frame, snaplen):
    """In thousands, where digits would not tell more; with a star if some were lost."""
    cost = m.cost_ns("cost", contender, setting, frame, snaplen)
    text = cell(cost)
    if cost and cost.median >= 2000:
        low, median, high = cost.each(lambda ns: f"{ns / 1000:.1f}")
        text = f"{median}k ({low}..{high})"
    return text + ("*" if m.any("cost", contender, setting, frame, snaplen, "lost") else "")


def report_cost(m, contenders):
    frames = "64", "512", "1500"
    head("PATH: ns per packet above XDP_PASS; every packet is captured")
    row("", *LENGTH_HEADS)
    for c in contenders:
        row(c, *(cost_cell(m, c, "all", *length) for length in LENGTHS))
    print("\nXDP_PASS itself, from the sender to the receiver: {:.0f}, {:.0f} and {:.0f} ns.".format(
        *map(m.pass_median_ns, frames)))
    print("* some packets were lost, which makes the figure lower")

    head("PATH: ns per packet above XDP_PASS; some packets are captured, or none")
    row("", "rate=100", "rate=1000", "filter takes 1 %", "rejects all", "... by 20 terms")
    settings = ["rate=100", "rate=1000", "takes 1 %", "rejects all", "rejects all by 20 terms"]
    for frame in frames:
        print(frame, "bytes")
        for c in contenders:
            if m.cost_ns("cost", c, "rejects all", frame):
                row(c, *(cost_cell(m, c, setting, frame, "96")
                         for setting in settings[:5 if frame == "64" else 4]))


def beside_row(name, *cells):
    line(f"{name:<26}", cells, [12] * 5)


def beside_cell(m, contender, *key):
    cost = m.cost_ns("beside", contender, *key)
    if not cost:
        return "-"
    lost = m.any("beside", contender, *key, "lost")
    return f"{cost.median:.0f}{'*' if lost else ''}"


BESIDE_SETTINGS = "takes all", "rejects all", "rate=1000", "action=drop"


def report_beside(m, contenders):
    captures = [c for c in contenders if c != PROGRAM_ALONE]
    if not captures:
        return
    head(f"BESIDE: {m.unit} per packet above an XDP program that is not captured; every packet is captured")
    beside_row("", *LENGTH_HEADS)
    for c in captures:
        beside_row(c, *(beside_cell(m, c, "all", *length) for length in LENGTHS))
    print("\n* some packets were lost, which makes the figure lower")
    if m.unit == "instructions":
        print("Medians of short turns: what happens seldom, such as waking up the reader, is not in them.")

    head(f"BESIDE: {m.unit} per packet above an XDP program that is not captured, by what is captured")
    beside_row("", "filter takes", *BESIDE_SETTINGS[1:])
    for frame in "64", "512", "1500":
        print(frame, "bytes, snapshot length 96")
        for c in captures:
            if m.cost_ns("beside", c, "rejects all", frame):
                beside_row(c, *(beside_cell(m, c, setting, frame, "96")
                                for setting in BESIDE_SETTINGS))
    if m.unit == "instructions":
        report_beside_ratios(m, captures)


def report_beside_ratios(m, captures):
    """What is wanted of the figures above, which are of one run and not medians of many."""
    columns = [c for c in captures if c.startswith(("xdpsample e", "xdpsample alone"))]

    def cost(contender, setting="all", frame="64"):
        found = m.cost_ns("beside", contender, setting, frame)
        return found and found.median

    def to_all(setting, of):
        return lambda c: ratio(cost(c, setting), cost(of))

    def to_xdpdump(c):
        return ratio(cost(c), cost(c.split(" ring=")[0].replace("xdpsample", "xdpdump")))

    def more(a, b):
        return "-" if a is None or b is None else f"{a - b:.0f}"

    def filter_costs(frame):
        return lambda c: more(cost(c, "takes all", frame), cost(c, "all", frame))

    rows = [
        ("captures all / AF_PACKET, captures all", to_all("all", "AF_PACKET")),
        ("captures all / xdpdump, at the same place", to_xdpdump),
        ("rejects all / AF_PACKET, captures all", to_all("rejects all", "AF_PACKET")),
        ("rejects all / AF_PACKET, rejects all",
         lambda c: ratio(cost(c, "rejects all"), cost("AF_PACKET", "rejects all"))),
        ("rate=1000 / AF_PACKET, captures all", to_all("rate=1000", "AF_PACKET")),
        ("action=drop / AF_PACKET, captures all", to_all("action=drop", "AF_PACKET")),
        ("a filter that takes all costs more than none", filter_costs("64")),
        ("... with 1500 bytes", filter_costs("1500")),
        ("exit costs more than entry",
         lambda c: more(cost(c), cost(c.replace("exit", "entry"))) if "exit" in c else ""),
    ]
    head("BESIDE: ratios and differences of these, 64 bytes, snapshot length 96")
    titles = [c.replace("xdpsample ", "").replace("ring=", "") for c in columns]
    print(f"{'':45}", *(f"{title:>10}" for title in titles))
    for name, of in rows:
        print(f"{name:<45}", *(f"{of(c):>10}" for c in columns))


def report_sent(m, contenders):
    def cost(contender, setting="all", frame="64"):
        return m.cost_ns("sent", contender, setting, frame)

    def of_af_packet(c, setting):
        ours, theirs = cost(c, setting), cost("AF_PACKET", setting)
        return ratio(ours and ours.median, theirs and theirs.median)

    head(f"SENT: {m.unit} per packet above the path without a capture")
    row("", "64 bytes", "96 of 1500", "rejects all", "all / AF_PACKET", "rejects / same")
    for c in contenders:
        is_sent = c.startswith("xdpsample")
        row(c, cell(cost(c)), cell(cost(c, frame="1500")), cell(cost(c, "rejects all")),
            of_af_packet(c, "all") if is_sent else "",
            of_af_packet(c, "rejects all") if is_sent else "")
    print("\nTargets of the ratios: 0.5 and 0.55 at tcx egress, 0.8 and 1.3 at a packet socket.")


def report_loss(m, contenders):
    def of(contender, quantity):
        return m.range("loss", contender, "all", "64", "0", quantity)

    head(f"LOSS: of {int(of(contenders[0], 'sent').median)} packets of 64 bytes at the sender's "
         "full rate, whole, to a file, default settings")
    wide_row("", "sent, 1000/s", "captured", "reported lost", "no loss, 1000/s")
    for c in contenders:
        lossless = of(c, "lossless_pps")
        wide_row(c, cell(of(c, "rate_pps"), 1000), cell(of(c, "captured")), cell(of(c, "lost")),
                 cell(lossless, 1000) if lossless else "full rate")
    print("\nCapturing a packet slows its sender down, so the full rate is that of the whole path.")


def report_reader(m, contenders):
    head("READER: CPU seconds (user + system) per million packets written to a file; peak memory")
    row("", "at 100,000/s", "at full rate", "memory, MiB")
    for c in contenders:
        row(c, fine_cell(m.range("reader", c, "100000", "64", "0", "reader_ns"), 1000),
            fine_cell(m.range("loss", c, "all", "64", "0", "reader_ns"), 1000),
            cell(m.range("reader", c, "100000", "64", "0", "peak_kib"), 1024))
    print("\nMemory is the reader's own, including the rings that it maps.")


def report_latency(m, contenders):
    def of(contender, setting, quantity):
        return m.range("latency", contender, setting, "64", "96", quantity)

    head("LATENCY: from the kernel's time stamp to the callback, at 1,000 packets a second")
    row("", "default, ms", "99 %, ms", "immediate, us", "99 %, us")
    for c in contenders:
        row(c, cell(of(c, "default", "median_us"), 1000), cell(of(c, "default", "p99_us"), 1000),
            cell(of(c, "immediate", "median_us")), cell(of(c, "immediate", "p99_us")))
    print("\nBy default, packets are batched for as long as the program's timeout, here 100 ms.")


def report_growth(m, contenders):
    def of(contender, setting, quantity):
        return m.range("growth", contender, str(setting), "64", "96", quantity)

    head("GROWTH: the merge of simulated rings, ns per packet")
    row("rings", "ns", "vs. 1 ring")
    for n in 1, 2, 8, 32, 64:
        ns = of("merge", n, "merge_ns")
        row(f"  {n}", cell(ns), f"{ns.median / of('merge', 1, 'merge_ns').median:.2f}")

    head("GROWTH: rings of other sizes; packets of 64 bytes at full rate")
    wide_row("", "cost, ns", "sent", "lost", "sent, 1000/s")
    captures = contenders[1:]                   # the first is the merge
    for c in captures:
        print(c)
        for kib in 64, 256, 1024, 4096, 16384:
            wide_row(f"{kib:7} KiB a ring", cell(m.cost_ns("growth", c, str(kib))),
                     cell(of(c, kib, "sent")), cell(of(c, kib, "lost")),
                     cell(of(c, kib, "rate_pps"), 1000))
    if not m.contenders["cost"]:
        print("\nThe cost of XDP_PASS on the same veth is subtracted only if the section cost runs as well.")

    head("GROWTH: several captures share an XDP program; packets of 64 bytes")
    wide_row("", "cost, ns", "for each", "vs. first")
    for c in captures:
        print(c)
        first = m.cost_ns("growth", c, "captures 1")
        for n in 1, 2, 3:
            all_ns = m.cost_ns("growth", c, f"captures {n}")
            if first and all_ns:
                wide_row(f"{n:7} capture{'s' if n > 1 else ''}", cell(all_ns),
                         f"{all_ns.median / n:.0f}", f"{all_ns.median / n / first.median:.2f}")

    head("GROWTH: an interface that takes VLAN tags off, so that each packet's tag is asked for")
    row("", "cost, ns", "tags left in, ns")
    for c in captures:
        row(c, cell(m.cost_ns("growth", c, "tags on")), cell(m.cost_ns("growth", c, "tags off")))

    head("GROWTH: several CPUs send at full rate; default settings")
    wide_row("", "sent, 1000/s", "captured", "reported lost", "sent")
    for c in captures:
        print(c)
        n = 1
        while of(c, n, "cpus_sent"):
            wide_row(f"{n:7} CPU{'s' if n > 1 else ''}", cell(of(c, n, "cpus_pps"), 1000),
                     cell(of(c, n, "cpus_captured")), cell(of(c, n, "cpus_lost")),
                     cell(of(c, n, "cpus_sent")))
            n *= 2
    print("\nWhen all CPUs send, one of them has to read as well.")


def report_session(m, contenders):
    def of(contender, quantity):
        return m.range("session", contender, "all", "64", "0", quantity)

    head("SESSION: time to start a capture, to change its filter, and to end it, in ms")
    row("", "pcap_activate", "pcap_setfilter", "pcap_close")
    for c in contenders:
        if of(c, "activate_us"):
            row(c, cell(of(c, "activate_us"), 1000), fine_cell(of(c, "filter_us"), 1000),
                cell(of(c, "close_us"), 1000))
    head("SESSION: memory besides the rings, in MiB")
    row("", "tcpdump", "helper", "maps, programs")
    for c in contenders:
        if of(c, "reader_kib"):
            row(c, *(fine_cell(of(c, whose + "_kib"), 1024)
                     for whose in ("reader", "helper", "kernel")))
    print("\nPeaks (VmHWM) minus the mapped rings; the libraries' shared pages count in full.")


def report_bulk(m, contenders):
    def of(contender, setting, quantity):
        return m.range("bulk", contender, setting, "64", "96", quantity)

    head("BULK: the host's own traffic through a veth pair, while one end is captured")
    row("", "TCP, Gbit/s", "sender, s/GB", "receiver, s/GB", "UDP, ns a packet")
    for c in contenders:
        is_capture = not c.startswith("nothing")
        if is_capture:
            print(c)
        for setting in "all", "rejects all":
            if of(c, setting, "gbit_ps"):
                row(f"  {setting}" if is_capture else c, fine_cell(of(c, setting, "gbit_ps")),
                    fine_cell(of(c, setting, "sender_ms"), 1000),
                    fine_cell(of(c, setting, "receiver_ms"), 1000),
                    cell(of(c, setting, "datagram_ns")))
    print("\nThe sender's CPU pays the cost of a packet on a veth.")


def report_truth(m, contenders):
    head("TRUTH: how far time stamps are from the stack's own; "
         "packets of two CPUs that follow a later one; SIGKILL")
    wide_row("", "stays if killed", "times off, ms", "captured", "out of order")
    for c in contenders:
        key = "truth", c, "all", "64", "96"
        wide_row(c, "yes" if m.any(*key, "stays") else "no",
                 fine_cell(m.range(*key, "date_off_us"), 1000, 3),
                 cell(m.range(*key, "order_captured")), cell(m.range(*key, "disordered")))


# The ratios of two medians, with what they are wanted to be.

def ratio(a, b):
    return "-" if a is None or not b else f"{a / b:.2f}"


def most_lost(m, contender):
    lost = m.range("loss", contender, "all", "64", "0", "lost")
    return number(lost.high) if lost else "-"


def memory_mib(m, contender):
    """What a capture takes more than tcpdump on AF_PACKET does."""
    def kib(contender, whose):
        return m.median("session", contender, "all", "64", "0", whose + "_kib")

    if kib(contender, "reader") is None:
        return "-"
    own = sum(kib(contender, whose) or 0 for whose in ("reader", "helper", "kernel"))
    return f"{(own - (kib('AF_PACKET', 'reader') or 0)) / 1024:.1f}"


def report_ratios(m):
    columns = []
    for section in "cost", "loss", "reader", "session":
        columns += [c for c in m.contenders[section]
                    if c.startswith("xdpsample") and c not in columns]
    if not columns:
        return

    def to_other(c, section, setting, snaplen, quantity):
        return ratio(m.median(section, c, setting, "64", snaplen, quantity),
                     m.median(section, "AF_PACKET", setting, "64", snaplen, quantity))

    def cost_ratio(c, setting, other, of_other):
        return ratio(m.cost_median_ns(c, setting), m.cost_median_ns(other, of_other))

    def merge_ns(n_rings):
        return m.median("growth", "merge", n_rings, "64", "96", "merge_ns")

    rows = [
        ("path, captures all 64-byte packets / AF_PACKET", "0.5",
         lambda c: cost_ratio(c, "all", "AF_PACKET", "all")),
        ("path, captures all 64-byte packets / xdpdump", "0.3",
         lambda c: cost_ratio(c, "all", "xdpdump", "all")),
        ("path, filter rejects all / AF_PACKET, the same filter", "0.3",
         lambda c: cost_ratio(c, "rejects all", "AF_PACKET", "rejects all")),
        ("path, rate=1000 / AF_PACKET, captures all", "0.08",
         lambda c: cost_ratio(c, "rate=1000", "AF_PACKET", "all")),
        ("packets lost at full rate, default settings", "0", lambda c: most_lost(m, c)),
        ("reader's CPU time at 100,000/s / AF_PACKET", "1",
         lambda c: to_other(c, "reader", "100000", "0", "reader_ns")),
        ("reader's CPU time at full rate / AF_PACKET", "1",
         lambda c: to_other(c, "loss", "all", "0", "reader_ns")),
        ("merge, 64 rings / 2 rings", "6",
         lambda c: ratio(merge_ns("64"), merge_ns("2")) if c == columns[0] else ""),
        ("MiB besides the rings, above tcpdump on AF_PACKET", "16", lambda c: memory_mib(m, c)),
        ("pcap_activate / AF_PACKET", "3",
         lambda c: to_other(c, "session", "all", "0", "activate_us")),
        ("pcap_close / AF_PACKET", "3", lambda c: to_other(c, "session", "all", "0", "close_us")),
    ]
    head("RATIOS of the medians above, and their targets")
    print(f"{'':52}", *(f"{c:>19}" for c in columns))
    for name, wanted, of in rows:
        texts = [of(c) for c in columns]
        if any(text not in ("", "-") for text in texts):    # its section ran
            print(f"{name:<52}", *(f"{text:>19}" for text in texts), f" {'<= ' + wanted:>8}")


SECTIONS = {
    "cost": report_cost,
    "beside": report_beside,
    "sent": report_sent,
    "loss": report_loss,
    "reader": report_reader,
    "latency": report_latency,
    "growth": report_growth,
    "session": report_session,
    "bulk": report_bulk,
    "truth": report_truth,
}


def report(m):
    if not m.rounds:                    # nothing could be measured
        return
    print(f"\nMedian of {m.rounds} round{'s' if m.rounds > 1 else ''} (lowest..highest).")
    for section, report_section in SECTIONS.items():
        if m.contenders[section]:
            report_section(m, m.contenders[section])
    report_ratios(m)
    print()


# The bars of the picture, for plot.gp.

Bar = namedtuple("Bar", "at title cost")


def bar_line(bar, height, longest):
    """Cut if it is much longer than all others: its median is then above its length."""
    cost = bar.cost
    length = max(cost.median, 0)
    if cost.median > longest:
        length = 1.06 * longest
        cost = cost._replace(low=length, high=length)
    return "\t".join([f"{height - bar.at:.1f}", f"{length:.1f}", f"{cost.low:.1f}",
                      f"{cost.median:.1f}", f"{cost.high:.1f}",
                      str(int(bar.title.startswith("xdpsample"))), bar.title, f"{cost.median:.0f}"])


def bars(m):
    """First the bars, then the headings of their groups, each with its height on the page."""
    groups = [
        ("Every packet is taken", "all", []),
        ("A filter takes none (udp port 53)", "rejects all", []),
        # the last group is compared with this, under a name that says so
        ("One packet in 1,000 is taken", "rate=1000", [("AF_PACKET, taking all", "AF_PACKET", "all")]),
    ]
    height, found, headings = 0, [], []
    for words, setting, references in groups:
        headings.append((height + 0.5, words))
        height += 1.5
        shown = [(c, c, setting) for c in m.contenders["cost"]
                 if c not in ("XDP_PASS", "nothing attached")]
        for title, contender, of_setting in shown + references:
            cost = m.cost_ns("cost", contender, of_setting)
            if cost:
                found.append(Bar(height, title, cost))
                height += 1
    longest = max((bar.cost.median for bar in found if "wake-up" not in bar.title), default=0)
    longest = max(longest, 0)
    print("# y bar low middle high ours contender")
    for bar in found:
        print(bar_line(bar, height, longest))
    print("\n\n# y heading")
    for at, words in headings:
        print(f"{height - at:.1f}\t{words}")


# The table of the document.

def markdown(m):
    columns = [
        ("64 bytes", "all", "64", "96"), ("96 of 1500", "all", "1500", "96"),
        ("all 1500", "all", "1500", "0"), ("a filter takes all", "takes all", "64", "96"),
        ("the same, 96 of 1500", "takes all", "1500", "96"),
        ("rejects all", "rejects all", "64", "96"), ("`rate=1000`", "rate=1000", "64", "96"),
        ("`action=drop`", "action=drop", "64", "96"),
    ]
    print("|", " | ".join(["instructions per packet", *(name for name, *_ in columns)]), "|")
    print("|---" * (len(columns) + 1) + "|")
    for c in m.contenders["beside"]:
        if c == PROGRAM_ALONE:
            continue
        title = re.sub(r" ring=(\w+)", r", `ring=\1`", c)
        print("|", " | ".join([title, *(beside_cell(m, c, *key) for _, *key in columns)]), "|")


def main(arguments):
    make, unit = report, "ns"
    ways = {"--bars": bars, "--markdown": markdown}
    if arguments and arguments[0] in ways:
        make = ways[arguments[0]]
        arguments = arguments[1:]
    if arguments[:1] == ["--unit"]:
        unit = arguments[1]
        arguments = arguments[2:]
    if len(arguments) != 1:
        sys.exit("usage: report.py [--bars|--markdown] [--unit UNIT] CSV")
    with open(arguments[0], encoding="utf-8") as csv:
        next(csv)
        make(Measurements(csv, unit))


if __name__ == "__main__":
    main(sys.argv[1:])
