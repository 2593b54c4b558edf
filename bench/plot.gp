# SPDX-License-Identifier: BSD-3-Clause
#
# plot.gp: what report.py --bars made of the measurements, as a picture.
#
#	gnuplot -e "data='FILE'; svg='FILE'; rounds=5" plot.gp

stats data index 0 using 1:2 nooutput
y_max = STATS_max_x + 1.7
x_max = STATS_max_y

set terminal svg size 760, 84 + 26 * int(y_max) dynamic noenhanced \
	font "Helvetica, Arial, sans-serif, 13" background "white"
set output svg
set datafile separator "\t"
set label 1 "What a capture adds to the path of a packet" at screen 0.025, 0.94 font ",17"
set label 2 sprintf("ns per 64-byte packet above a plain XDP_PASS program, median and range of %d rounds", \
	rounds) at screen 0.025, 0.94 offset 0, -1.5 textcolor rgb "#444444"
set tmargin 4
set lmargin 22
set rmargin 3
set xrange [0 : 1.17 * x_max]
set yrange [-0.2 : y_max]
unset key
unset ytics
set border 1 linecolor rgb "#999999"
set xtics nomirror out scale 0.5 textcolor rgb "#444444"
set grid xtics linetype 1 linecolor rgb "#e4e4e4"
set style fill solid 1 noborder

ours = 0x1f6fb4
others = 0xa9b4bd
half = 0.36

# bars, the gap in those that are cut, ranges, numbers, contenders, headings
plot data index 0 using 2:1:(0):2:($1 - half):($1 + half):($6 == 1 ? ours : others) \
		with boxxyerror linecolor rgb variable, \
	data index 0 using 2:($4 > $2 ? $1 : 1/0):($2 * 0.93):($2 * 0.945):($1 - half):($1 + half) \
		with boxxyerror linecolor rgb "white", \
	data index 0 using 4:($3 < $5 ? $1 : 1/0):3:5 \
		with xerrorbars pointtype -1 linecolor rgb "#333333", \
	data index 0 using ($5 > $2 ? $5 : $2):1:8 with labels left offset 0.8, 0, \
	data index 0 using (0):1:7 with labels right offset -1, 0, \
	data index 1 using (0):1:2 with labels left offset -20.3, -0.1 font ",14"
