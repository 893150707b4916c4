#!/bin/sh
# Makes the user of the service before files that belong to its group are unpacked. deb calls this with "install" or "upgrade",
# rpm with 1 or 2; another call undoes what failed.
set -e
case "$1" in
install | upgrade | 1 | 2) ;;
*) exit 0 ;;
esac

data=/var/lib/headwater
if ! getent passwd headwater >/dev/null; then
	useradd --system --user-group --home-dir "$data" --no-create-home --shell /usr/sbin/nologin --comment "Headwater" headwater
fi
if [ ! -d "$data" ]; then
	install -d -o headwater -g headwater -m 0750 "$data"
fi
