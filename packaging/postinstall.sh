#!/bin/sh
# Starts the service, or restarts it after an upgrade where it runs. deb calls this with "configure" and the version before, if
# there was one; rpm with 1 at first and 2 in an upgrade. Where systemd does not run, as in a chroot, nothing is started.
set -e
case "$1" in
configure)
	if deb-systemd-helper --quiet was-enabled headwater.service; then
		deb-systemd-helper enable headwater.service >/dev/null || true
	else
		deb-systemd-helper update-state headwater.service >/dev/null || true
	fi
	;;
1) systemctl preset headwater.service >/dev/null 2>&1 || true ;;
2) ;;
*) exit 0 ;;
esac

[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
if [ "$1" = 2 ] || [ -n "$2" ]; then
	systemctl try-restart headwater.service || true
elif [ "$1" = configure ]; then
	deb-systemd-invoke start headwater.service || true
fi
