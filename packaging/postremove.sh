#!/bin/sh
# Says where the data is that was kept. Removal and purge keep /var/lib/headwater and the user that owns it: what years of
# reading brought goes by a person's own command only. A purge removes what /etc/headwater holds.
set -e
case "$1" in
purge)
	rm -f /etc/headwater/environment
	rmdir --ignore-fail-on-non-empty /etc/headwater 2>/dev/null || true
	deb-systemd-helper purge headwater.socket headwater.service >/dev/null || true
	;;
remove | 0) ;;
*) exit 0 ;;
esac

if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
if [ -d /var/lib/headwater ]; then
	echo "headwater: articles and accounts are kept in /var/lib/headwater; to remove them: rm -r /var/lib/headwater"
fi
