# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# Wireshark, the one with windows, on a display that nobody sees.  Sourced after
# tests/lib/programs.sh, by tests/wireshark/wireshark.sh and doc/screenshots/take.
#
#	start_display; wireshark_settings $T/home
#	start ws env "HOME=$T/home" wireshark -C XDP
#	await_first_page; take_picture $T/list.png
#
# There is no window manager: windows have no frame, and stand where Wireshark
# puts them.

SCREEN=${SCREEN:-880x560}

# until_seen SECONDS COMMAND...: as until_true, but each look at the screen costs so
# much that a slow machine would do nothing else
until_seen()
{
	local patience=${XDPS_PATIENCE:-1}
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000 * patience)) tenths=$((2 * patience))

	shift
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt $end ] || return 1
		sleep $((tenths / 10)).$((tenths % 10))
	done
}

# Where Wireshark looks for extcap programs.
extcap_dir()
{
	local dir

	for dir in /usr/lib/*/wireshark/extcap /usr/lib/wireshark/extcap; do
		[ ! -d "$dir" ] || break
	done
	[ -d "$dir" ] || die "there is no directory of Wireshark's extcap programs"
	echo "$dir"
}

display_said()
{
	[ -s "$T/display.out" ] || ! running display
}

# start_display: its number is in DISPLAY; nobody has to know which one is free
start_display()
{
	start display Xvfb -displayfd 1 -screen 0 "${SCREEN}x24" -dpi 96 -nolisten tcp -noreset
	until_seen 20 display_said || die "Xvfb did not say its number in 20 s" display
	running display || die "Xvfb ended" display
	DISPLAY=:$(cat "$T/display.out")
	export DISPLAY
}

# wireshark_settings HOME [PREFERENCE]...: of somebody who has answered all questions
# already, and has the profile "XDP" of doc/wireshark-profile
wireshark_settings()
{
	local config=$1/.config/wireshark width=${SCREEN%x*} height=${SCREEN#*x}

	shift
	mkdir -p "$config/profiles"
	cp -R "$XDPS_SRC/doc/wireshark-profile" "$config/profiles/XDP"
	chmod -R u+w "$config"
	cat >"$config/recent_common" <<-END
		privs.warn_if_elevated: FALSE
		sys.warn_if_no_capture: FALSE
		gui.geometry_main_x: 0
		gui.geometry_main_y: 0
		gui.geometry_main_width: $width
		gui.geometry_main_height: $height
		gui.geometry_main_maximized: FALSE
	END
	{
		echo
		printf '%s\n' "gui.update.enabled: FALSE" "gui.ask_unsaved: FALSE" \
			"gui.geometry.save.position: TRUE" "gui.geometry.save.size: TRUE" "$@"
	} >>"$config/profiles/XDP/preferences"
}

# windows [TITLE-REGEX]: numbers of those that are to be seen
windows()
{
	xdotool search --onlyvisible --name "${1:-.}" 2>/dev/null
}

titles()
{
	local window

	for window in $(windows); do
		echo "    $(xdotool getwindowname "$window")"
	done
}

a_window()
{
	WINDOW=$(windows "$1" | tail -n 1)
	[ -n "$WINDOW" ]
}

no_window()
{
	! a_window "$1"
}

# await_window TITLE-REGEX [SECONDS]: its number is in WINDOW
await_window()
{
	until_seen "${2:-60}" a_window "$1" ||
		die "no window \"$1\" in ${2:-60} s; there are: $(echo; titles)" ws
}

picture_sum()
{
	import -silent -window root rgb:- | cksum
}

# Twice the same, half a second apart.  A cursor that blinks would never be.
same_picture()
{
	local before

	before=$(picture_sum)
	sleep 0.5
	[ "$(picture_sum)" = "$before" ]
}

# pixel X Y: its colour, as FFFFFF
pixel()
{
	import -silent -window root -crop "1x1+$1+$2" -depth 8 txt:- | sed -n 's/.*#\([0-9A-F]\{6\}\).*/\1/p'
}

# What lies over its first page while it looks for interfaces is grey.
looks_ready()
{
	[ "$(pixel 20 "$((${SCREEN#*x} / 2))")" = FFFFFF ]
}

# await_first_page: with the list of interfaces, and all of it drawn
await_first_page()
{
	await_window "^The Wireshark Network Analyzer" 60
	until_seen 60 looks_ready || die "Wireshark did not get to its first page in 60 s" ws
	settle
}

# settle [SECONDS]: until what is on the screen does not change any more
# shellcheck disable=SC2120
settle()
{
	until_seen "${1:-60}" same_picture || die "the picture on the screen never came to rest"
}

# take_picture FILE [GEOMETRY]: of all there is, or a part of it
take_picture()
{
	import -silent -window root ${2:+-crop "$2" +repage} "$1"
}

# geometry WINDOW: as 100x50+10+20
geometry()
{
	xdotool getwindowgeometry --shell "$1" |
		awk -F = '{ v[$1] = $2 } END { printf "%dx%d+%d+%d\n", v["WIDTH"], v["HEIGHT"], v["X"], v["Y"] }'
}

# press KEY: to the main window; without a window manager nobody gives it the focus
press()
{
	a_window . || die "Wireshark has no window" ws
	xdotool windowfocus --sync "$WINDOW" key "$1"
}

click()
{
	xdotool mousemove "$1" "$2" click 1
}

# gears: where the rows with a gear in front of them are, "X Y" a line, from the
# picture: nothing else there is as dark
gears()
{
	local left=116 top=215 width=24 height=200

	import -silent -window root -crop "${width}x$height+$left+$top" -depth 8 txt:- |
		awk -F '[,:]' -v x=$((left + width / 2)) -v top=$top '
			/#[0-4][0-9A-F][0-4][0-9A-F][0-4]/ { dark[$2] = 1; last = $2 }
			END { for (y = 0; y <= last + 1; y++)
				if (dark[y] && !inside) { first = y; inside = 1 }
				else if (!dark[y] && inside && !dark[y + 1]) { print x, top + int((first + y) / 2); inside = 0 } }'
}
