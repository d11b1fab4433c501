#!/bin/sh
# Activation: makes /etc that of this system and moves /run/current-system. Prints what NixOS prints.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
systemConfig=@out@
status=0

# A link is replaced by renaming, so that there is no moment without one.
link() { # TARGET LINK
  ln -sfn "$1" "$2.tmp" && mv -Tf "$2.tmp" "$2"
}

echo "setting up /etc..."
link "$systemConfig/etc" /etc/static
mkdir -p /etc/systemd
[ -L /etc/systemd/system ] || rm -rf /etc/systemd/system
link /etc/static/systemd/system /etc/systemd/system

# Links that the last system made and that lead nowhere now.
touch /etc/.static-files
while read -r old; do
  if [ -L "/etc/$old" ] && [ ! -e "/etc/static/$old" ]; then rm -f "/etc/$old"; fi
done < /etc/.static-files

(cd "$systemConfig/etc/" && find . \( -type l -o -type f \) ! -path ./systemd/system) |
  sed 's|^\./||' > /etc/.static-files.tmp
while read -r new; do
  mkdir -p "/etc/$(dirname "$new")"
  link "/etc/static/$new" "/etc/$new"
done < /etc/.static-files.tmp
mv /etc/.static-files.tmp /etc/.static-files

own_lines() {
  :
@activation@
}
own_lines || status=1

mkdir -p /nix/var/nix/gcroots
ln -sfn /run/current-system /nix/var/nix/gcroots/current-system
ln -sfn /run/booted-system /nix/var/nix/gcroots/booted-system

# Last, and even where a line failed, as in NixOS: from here on this is the running system.
link "$systemConfig" /run/current-system
exit $status
