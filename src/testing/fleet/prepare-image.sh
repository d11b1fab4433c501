# Runs inside the unpacked Debian: makes a test host of it. $1 is the boot loader.
# The files of ../nixpkgs and bootctl.sh lie in /fleet.
loader=$1
export HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin NIXOS_NO_SYNC=1

# /etc/systemd/system belongs to the generation, so what Debian enabled there goes. No SysV script
# may stay either: systemd would make a unit of /etc/init.d/ssh, and two sshd fight for the port.
rm -rf /etc/init.d/* /etc/rc?.d /etc/systemd/system /etc/os-release
rm -rf /etc/ssh/ssh_host_* /etc/ssh/sshd_config /usr/lib/systemd/system/getty.target.wants
for unit in ssh.service ssh.socket apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
  e2scrub_all.timer e2scrub_reap.service fstrim.timer getty@.service console-getty.service \
  systemd-networkd.service systemd-pstore.service; do
  rm -f "/usr/lib/systemd/system/$unit"
done
: > /etc/machine-id
mkdir -p /etc/nix /etc/fleet /boot /root/.ssh
chmod 700 /root/.ssh

# As NixOS: signatures are asked for, and only root may do without them.
cat > /etc/nix/nix.conf <<'END'
substituters =
sandbox = false
build-users-group =
builders =
require-sigs = true
trusted-users = root
experimental-features = nix-command flakes
flake-registry =
END

install -m 755 /fleet/bootctl.sh /usr/bin/bootctl

# Without PAM, sshd refuses accounts whose password is locked (`!`); `*` is none that fits.
useradd -m -s /bin/bash -p '*' deployer
useradd -m -s /bin/bash pwuser
echo 'pwuser:correct horse' | chpasswd
install -d -m 700 -o deployer -g deployer /home/deployer/.ssh
install -d -m 700 -o pwuser -g pwuser /home/pwuser/.ssh
printf 'deployer ALL=(ALL) NOPASSWD: ALL\npwuser ALL=(ALL) ALL\n' > /etc/sudoers.d/fleet
chmod 440 /etc/sudoers.d/fleet
printf 'permit nopass deployer\npermit pwuser\n' > /etc/doas.conf
chmod 600 /etc/doas.conf

# Generation 1, with a fixed identity, so that every host starts from the same known system.
system=$(nix-build --no-out-link /fleet/system.nix --argstr loader "$loader")
nix-env -p /nix/var/nix/profiles/system --set "$system"
touch /etc/NIXOS
"$system/bin/switch-to-configuration" boot
rm -rf /run/nixos
