#!/bin/sh
# Enables and starts the service at first, and restarts it after an upgrade, unless the administrator has disabled it. deb calls
# this with "configure" and the version that was configured last, if any; rpm with 1 at first and 2 in an upgrade. Where systemd
# does not run, as in a chroot, nothing is started.
set -e
case "$1" in
configure | abort-upgrade | abort-deconfigure | abort-remove)
	# As dh_installsystemd does it: was-enabled is true where the package was never there.
	if deb-systemd-helper --quiet was-enabled headwater.service; then
		deb-systemd-helper enable headwater.service >/dev/null || true
	else
		deb-systemd-helper update-state headwater.service >/dev/null || true
	fi
	start="deb-systemd-invoke restart"
	;;
1)
	systemctl preset headwater.service >/dev/null 2>&1 || true
	start=true
	;;
2) start="systemctl try-restart" ;;
*) exit 0 ;;
esac

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
	$start headwater.service || true
fi
