# Shortens what `go test -v` says to a line for each package, with what was skipped
# and why below it. A package that fails is told in full.

function tell(   i) {
	for (i = 1; i <= n; i++) print held[i]
}

function forget(   i) {
	n = 0
	split("", reason)
	split("", skipped)
}

/^=== (RUN|NAME|CONT)/ { test = $3; next }
/^=== PAUSE/ { next }
/^ *--- PASS: / { next }
/^ *--- SKIP: / { skipped[reason[$3]]++; next }
/^PASS$/ { next }
/^ +[A-Za-z0-9_]+\.go:[0-9]+: / {
	why = $0
	sub(/^ +[A-Za-z0-9_]+\.go:[0-9]+: /, "", why)
	reason[test] = why
}
/^(ok  |\?   )/ {
	print
	for (why in skipped) print "    \t" skipped[why] " skipped: " why
	fflush()
	forget()
	next
}
/^FAIL\t/ {
	tell()
	print
	fflush()
	forget()
	next
}
{ held[++n] = $0 }

END { tell() }
