#!/bin/sh
# Stops the service before its program is removed. deb calls this with "remove", rpm with 0; upgrades leave it running.
set -e
case "$1" in
remove)
	if [ -d /run/systemd/system ]; then deb-systemd-invoke stop headwater.socket headwater.service || true; fi
	;;
0) systemctl disable --now headwater.socket headwater.service >/dev/null 2>&1 || true ;;
esac
